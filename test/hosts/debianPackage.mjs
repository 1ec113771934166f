// @ts-check
import { SetupError } from '../../scripts/failure.mjs'
import { findOnPath, run } from '../../scripts/processes.mjs'

const APT_LIMIT_MS = 10 * 60_000

/**
 * Installs a Debian package if this process runs as root and apt-get exists. First prints what it installs and why.
 *
 * @param {string} name
 * @param {string} purpose what needs it, for the message
 * @returns {Promise<boolean>} whether it was installed
 * @throws {SetupError} when apt-get fails
 */
export async function installDebianPackage(name, purpose) {
  const isRoot = process.getuid?.() === 0
  if (!isRoot || findOnPath('apt-get') === undefined) return false
  console.log(`Installing the Debian package ${name} (apt-get), ${purpose} …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', name]])
      await run('apt-get', args, { env, limitMs: APT_LIMIT_MS, output: 'collect' })
  } catch (error) {
    throw new SetupError(`Installing the Debian package ${name} failed.\n${String(error)}`, { cause: error })
  }
  return true
}
