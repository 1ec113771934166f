// @ts-check
import { SetupError } from '../../scripts/failure.mjs'
import { freePort } from './freePort.mjs'
import { start, stop } from '../../scripts/processes.mjs'
import { installVscodeWebHost } from './vscodeWebHostInstall.mjs'

/** Webviews and the extension host have hosts of their own below this one. */
const HOST = 'localhost'
const LISTEN_LIMIT_MS = 60_000

/**
 * @typedef {object} VscodeWebHost a running server of VS Code for the web, to be opened in a browser
 * @property {string} url
 * @property {() => Promise<void>} dispose
 */

/**
 * @typedef {object} VscodeWebHostOptions
 * @property {string} folder to be opened; what is changed stays in the window
 * @property {string} extension its folder, packaged or not
 * @property {boolean} isolated whether windows are cross-origin isolated
 * @property {(step: string) => void} [onProgress] of the first installation
 */

/**
 * Starts VS Code for the web, which is installed first where it is missing.
 *
 * @param {VscodeWebHostOptions} options
 * @returns {Promise<VscodeWebHost>}
 */
export async function startVscodeWebHost({ folder, extension, isolated, onProgress = () => {} }) {
  const { script, builds, commit } = await installVscodeWebHost(onProgress)
  const port = await freePort(0)
  const server = start(
    process.execPath,
    [
      script,
      ...['--browser', 'none', '--host', HOST, '--port', String(port)],
      ...['--testRunnerDataDir', builds, '--quality', 'stable', '--commit', commit],
      ...['--extensionPath', extension],
      ...(isolated ? ['--coi'] : []),
      folder,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  try {
    await listening(server)
  } catch (error) {
    await stop(server)
    throw error
  }
  return {
    url: `http://${HOST}:${port}/`,
    dispose: () => stop(server),
  }
}

/**
 * @param {import('node:child_process').ChildProcess} server
 * @returns {Promise<void>}
 */
function listening(server) {
  return new Promise((resolve, reject) => {
    let output = ''
    /** @param {string} what */
    const fail = (what) => reject(new SetupError(`VS Code for the web ${what}.\n${output.trim()}`))
    const limit = setTimeout(() => fail(`did not listen within ${LISTEN_LIMIT_MS / 1000} s`), LISTEN_LIMIT_MS)
    /** @param {unknown} chunk */
    const read = (chunk) => {
      output += String(chunk)
      if (!output.includes('Listening on ')) return
      clearTimeout(limit)
      resolve()
    }
    // Read on: a full pipe would stop the server.
    for (const stream of [server.stdout, server.stderr]) stream?.on('data', read)
    server.once('error', (error) => fail(`could not be started (${error.message})`))
    server.once('exit', (code) => fail(`ended with exit code ${code}`))
  })
}
