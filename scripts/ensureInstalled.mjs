// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from './failure.mjs'
import { NODE_MODULES, REPO } from './paths.mjs'
import { runNpm } from './processes.mjs'

const OLDEST_NODE = 20
const INSTALL_LIMIT_MS = 15 * 60_000

/**
 * Installs the locked dependencies where they are missing or not those of package-lock.json.
 * Imports nothing but Node itself, since it runs before anything is installed.
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
      'package-lock.json is missing or damaged; `git checkout package-lock.json` brings it back.',
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
      'The dependencies could not be installed; what npm said stands above. ' +
        'This needs a package registry: check the network, or which one `npm config get registry` names.',
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
 * npm notes what it has installed in node_modules/.package-lock.json: there the optional packages for
 * other platforms are missing, the rest is word for word the same.
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
