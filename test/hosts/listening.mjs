// @ts-check
import { SetupError } from '../../scripts/failure.mjs'

const LISTEN_LIMIT_MS = 60_000

/**
 * Waits until a server's output says that it is listening.
 *
 * @param {import('node:child_process').ChildProcess} server with pipes for stdout and stderr
 * @param {{ name: string, pattern: RegExp }} options `name` for errors, `pattern` of the output that says so
 * @returns {Promise<RegExpExecArray>} the match
 * @throws {SetupError} when the server ends or does not listen in time; the message has its output
 */
export function waitForListening(server, { name, pattern }) {
  return new Promise((resolve, reject) => {
    const streams = [server.stdout, server.stderr]
    let output = ''
    /** @param {string} what */
    const fail = (what) => reject(new SetupError(`${name} ${what}.\n${output.trim()}`))
    const limit = setTimeout(() => fail(`did not listen within ${LISTEN_LIMIT_MS / 1000} s`), LISTEN_LIMIT_MS)
    /** @param {unknown} chunk */
    const read = (chunk) => {
      output += String(chunk)
      const match = pattern.exec(output)
      if (match === null) return
      clearTimeout(limit)
      // Keep draining the pipes: a full one would block the server.
      for (const stream of streams) stream?.off('data', read).resume()
      resolve(match)
    }
    for (const stream of streams) stream?.on('data', read)
    server.once('error', (error) => fail(`could not be started (${error.message})`))
    server.once('exit', (code) => fail(`ended with exit code ${code}`))
  })
}
