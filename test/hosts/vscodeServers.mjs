// @ts-check
import { join } from 'node:path'
import { ADDRESS } from './freePort.mjs'

/**
 * @typedef {object} VscodeServer how a server of VS Code is called
 * @property {string} script in the folder of the package code-server
 * @property {(home: string) => string[]} folders the arguments that name the folders
 * @property {(port: number) => string[]} listen the arguments of a server on a port; 0 is any free one
 * @property {(name: string, value?: string) => string[]} option of VS Code's own server
 * @property {RegExp} listening the output that names the port
 */

/** @type {VscodeServer} */
export const CODE_SERVER = {
  script: 'out/node/entry.js',
  folders: (home) => ['--config', configFile(home), ...userFolders(home)],
  listen: (port) => [
    ...['--bind-addr', `${ADDRESS}:${port}`],
    ...['--auth', 'none'],
    '--disable-telemetry',
    '--disable-update-check',
    '--disable-workspace-trust',
    '--disable-getting-started-override',
  ],
  option: (name, value) => ['--vscode-option', value === undefined ? name : `${name}=${value}`],
  listening: /HTTP server listening on http:\/\/[^\s/]+:(\d+)/,
}

/**
 * VS Code's own server in the package. An old code-server has no argument for the options of that server, and its npm package
 * lacks a native module that only code-server itself needs.
 *
 * @type {VscodeServer}
 */
export const VSCODE_SERVER = {
  script: 'lib/vscode/out/server-main.js',
  folders: (home) => ['--accept-server-license-terms', ...userFolders(home)],
  listen: (port) => [...['--host', ADDRESS, '--port', String(port)], '--without-connection-token'],
  option: (name, value) => (value === undefined ? [`--${name}`] : [`--${name}`, value]),
  listening: /Extension host agent listening on (\d+)/,
}

/** @param {string} home of a server's settings, extensions and state */
export function configFile(home) {
  return join(home, 'config.yaml')
}

/** @param {string} home */
export function userDataFolder(home) {
  return join(home, 'user-data')
}

/** @param {string} home */
export function extensionsFolder(home) {
  return join(home, 'extensions')
}

/** @param {string} home @returns {string[]} */
function userFolders(home) {
  return ['--user-data-dir', userDataFolder(home), '--extensions-dir', extensionsFolder(home)]
}
