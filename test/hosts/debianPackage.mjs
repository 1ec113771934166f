// @ts-check
import { SetupError } from '../../scripts/failure.mjs'
import { findOnPath, run } from '../../scripts/processes.mjs'

const APT_LIMIT_MS = 10 * 60_000

/**
 * The installations of this process, by package: suites that run at the same time share one.
 *
 * @type {Map<string, Promise<boolean>>}
 */
const installations = new Map()

/** The end of the last installation: apt-get refuses to run twice at the same time. @type {Promise<unknown>} */
let last = Promise.resolve()

/**
 * Installs a Debian package if this process runs as root and apt-get exists. First prints what it installs and why. A package
 * that has been asked for before is not installed again, also if that failed.
 *
 * @param {string} name
 * @param {string} purpose what needs it, for the message
 * @returns {Promise<boolean>} whether it was installed
 * @throws {SetupError} when apt-get fails
 */
export function installDebianPackage(name, purpose) {
  let installation = installations.get(name)
  if (installation === undefined) {
    installation = last.then(() => install(name, purpose))
    last = installation.catch(() => undefined)
    installations.set(name, installation)
  }
  return installation
}

/** @type {Promise<void> | undefined} */
let updated

/** @param {string} name @param {string} purpose */
async function install(name, purpose) {
  const isRoot = process.getuid?.() === 0
  if (!isRoot || findOnPath('apt-get') === undefined) return false
  console.log(`Installing the Debian package ${name} (apt-get), ${purpose} …`)
  try {
    updated ??= aptGet('update')
    await updated
    await aptGet('install', '-y', '--no-install-recommends', name)
  } catch (error) {
    throw new SetupError(`Installing the Debian package ${name} failed.\n${String(error)}`, { cause: error })
  }
  return true
}

/** @param {string[]} args */
function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return run('apt-get', args, { env, limitMs: APT_LIMIT_MS, output: 'collect' })
}
