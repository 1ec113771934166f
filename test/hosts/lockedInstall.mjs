// @ts-check
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SetupError } from '../../scripts/failure.mjs'
import { CACHE } from '../../scripts/paths.mjs'
import { runNpm } from '../../scripts/processes.mjs'

/** Several hundred MB may come over the network. */
const NPM_LIMIT_MS = 15 * 60_000

/** The files that decide what npm installs, and from where. */
const LOCK_FILES = ['package.json', 'package-lock.json', '.npmrc']

/**
 * @typedef {object} InstallOptions
 * @property {string} [name] of the folder in the cache; by default that of the lock file's folder
 * @property {string} label what is installed, for progress and errors
 * @property {(folder: string) => Promise<void>} [finish] steps after `npm ci`; the folder is renamed after them
 * @property {(step: string) => void} [onProgress]
 */

/**
 * The installations that are under way, by the name of their folder.
 *
 * @type {Map<string, Promise<string>>}
 */
const underWay = new Map()

/**
 * Installs the packages that the lock file of `lockFolder` names into a folder of the cache, unless they are installed
 * already. An unfinished installation has another name, so it is never used. Hosts that start at the same time share one.
 *
 * @param {string} lockFolder with package.json, package-lock.json and .npmrc
 * @param {InstallOptions} options
 * @returns {Promise<string>} the folder that has node_modules
 * @throws {SetupError} when npm fails
 */
export async function installLocked(lockFolder, options) {
  const { name = basename(lockFolder) } = options
  const installing = underWay.get(name) ?? install(lockFolder, { ...options, name })
  underWay.set(name, installing)
  try {
    return await installing
  } finally {
    underWay.delete(name)
  }
}

/**
 * @param {string} lockFolder
 * @param {InstallOptions & { name: string }} options
 * @returns {Promise<string>}
 */
async function install(lockFolder, options) {
  const { name, label, finish, onProgress = () => {} } = options
  const installed = join(CACHE, name)
  if (await isInstalled(lockFolder, name)) return installed

  const unfinished = `${installed}.unfinished`
  onProgress(`Fetching ${label} …`)
  try {
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(unfinished, { recursive: true })
    for (const file of LOCK_FILES) await copyFile(join(lockFolder, file), join(unfinished, file))
    await npmInstall(unfinished, 'ci')
    await finish?.(unfinished)
  } catch (error) {
    if (error instanceof SetupError) throw error
    throw new SetupError(`Installing ${label} from the package registry failed.\n${String(error)}`, {
      cause: error,
    })
  }
  await rm(installed, { recursive: true, force: true })
  await rename(unfinished, installed)
  return installed
}

/**
 * Whether the packages of the lock file are already installed.
 *
 * @param {string} lockFolder
 * @param {string} [name] of the folder in the cache
 */
export async function isInstalled(lockFolder, name = basename(lockFolder)) {
  const [locked, installed] = await Promise.all([lockFolder, join(CACHE, name)].map(readLockFile))
  return installed === locked
}

/**
 * Runs npm in a folder, without install scripts and development dependencies.
 *
 * @param {string} folder
 * @param {'ci' | 'install'} command
 */
export async function npmInstall(folder, command) {
  // Engines are not checked: npm runs on this Node, the packages may run on another one.
  const flags = ['--omit=dev', '--ignore-scripts', '--engine-strict=false', '--no-audit', '--no-fund']
  await runNpm([command, ...flags], { cwd: folder, limitMs: NPM_LIMIT_MS, output: 'collect' })
}

/**
 * @param {string} folder
 * @returns {Promise<string | undefined>}
 */
async function readLockFile(folder) {
  try {
    return await readFile(join(folder, 'package-lock.json'), 'utf8')
  } catch {
    return undefined
  }
}
