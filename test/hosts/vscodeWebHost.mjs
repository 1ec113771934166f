// @ts-check
import { start, stop } from '../../scripts/processes.mjs'
import { freePort } from './freePort.mjs'
import { waitForListening } from './listening.mjs'
import { installVscodeWebHost } from './vscodeWebHostInstall.mjs'

/** A name instead of an IP address, because webviews and the extension host use its subdomains. */
const HOST = 'localhost'

/**
 * @typedef {object} VscodeWebHost a running server of VS Code for the web, to be opened in a browser
 * @property {string} url of a window that is not cross-origin isolated
 * @property {string} isolatedUrl of a window that is
 * @property {() => Promise<void>} dispose
 */

/**
 * @typedef {object} VscodeWebHostOptions
 * @property {string} folder that every window opens; what a window changes stays in that window
 * @property {string} extension its folder, packaged or not
 * @property {(step: string) => void} [onProgress] of the first installation
 */

/**
 * Starts VS Code for the web, and installs it first if it is missing.
 *
 * @param {VscodeWebHostOptions} options
 * @returns {Promise<VscodeWebHost>}
 * @throws {import('../../scripts/failure.mjs').SetupError} when the installation or the server fails
 */
export async function startVscodeWebHost({ folder, extension, onProgress = () => {} }) {
  const { script, builds, commit } = await installVscodeWebHost(onProgress)
  const port = await freePort(0)
  const server = start(
    process.execPath,
    [
      script,
      ...['--browser', 'none', '--host', HOST, '--port', String(port)],
      ...['--testRunnerDataDir', builds, '--quality', 'stable', '--commit', commit],
      ...['--extensionPath', extension],
      folder,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  try {
    await waitForListening(server, { name: 'VS Code for the web', pattern: /Listening on / })
  } catch (error) {
    await stop(server)
    throw error
  }
  const url = `http://${HOST}:${port}/`
  // The server answers this query with the headers that isolate a page.
  return { url, isolatedUrl: `${url}?vscode-coi=3`, dispose: () => stop(server) }
}
