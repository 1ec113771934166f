// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from './failure.mjs'
import { NODE_MODULES, REPO } from './paths.mjs'
import { runNpm } from './processes.mjs'

const OLDEST_NODE = 20
const INSTALL_LIMIT_MS = 15 * 60_000

/**
 * Installs the locked dependencies if they are missing or differ from package-lock.json. Imports only modules of Node,
 * because it runs before anything is installed.
 *
 * @throws {SetupError} when Node is too old, the lock file is damaged or npm fails
 */
export async function ensureInstalled() {
  const node = Number(process.versions.node.split('.')[0])
  if (node < OLDEST_NODE) {
    throw new SetupError(
      `Logitscope needs Node ${OLDEST_NODE} or later to build; this is Node ${process.versions.node}.`,
    )
  }

  const locked = readLockfile(join(REPO, 'package-lock.json'))
  if (locked === undefined) {
    throw new SetupError(
      'package-lock.json is missing or damaged. Restore it with `git checkout package-lock.json`.',
    )
  }
  const installed = readLockfile(join(NODE_MODULES, '.package-lock.json'))
  if (installed !== undefined && isSame(locked, installed)) return

  console.log('Installing the locked dependencies (npm ci) …')
  const started = Date.now()
  try {
    await runNpm(['ci', '--no-audit', '--no-fund'], { limitMs: INSTALL_LIMIT_MS, output: 'show' })
  } catch (error) {
    if (error instanceof SetupError) throw error
    throw new SetupError(
      'Installing the dependencies failed; the output of npm is above. ' +
        'It needs a package registry: check the network, and the registry that `npm config get registry` prints.',
      { cause: error },
    )
  }
  console.log(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`)
}

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage
 * @typedef {Record<string, LockedPackage>} LockedPackages by folder
 */

/**
 * @param {string} path
 * @returns {LockedPackages | undefined}
 */
function readLockfile(path) {
  try {
    const { packages } = JSON.parse(readFileSync(path, 'utf8'))
    delete packages[''] // the repository itself
    return packages
  } catch {
    return undefined
  }
}

/**
 * Compares the lock file with node_modules/.package-lock.json, where npm lists the installed packages: optional packages for
 * other platforms are missing there, the rest must be the same.
 *
 * @param {LockedPackages} locked
 * @param {LockedPackages} installed
 */
function isSame(locked, installed) {
  const nothingExtra = Object.keys(installed).every((folder) => folder in locked)
  const nothingElse = Object.entries(locked).every(([folder, { version, integrity, optional }]) => {
    const found = installed[folder]
    if (found === undefined) return optional === true
    return found.version === version && found.integrity === integrity
  })
  return nothingExtra && nothingElse
}
