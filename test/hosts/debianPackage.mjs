// @ts-check
import { SetupError } from '../../scripts/failure.mjs'
import { findOnPath, run } from '../../scripts/processes.mjs'

const APT_LIMIT_MS = 10 * 60_000

/**
 * Installs a package of Debian's where that is allowed, and says whether it was.
 *
 * @param {string} name
 */
export async function installDebianPackage(name) {
  const isRoot = process.getuid?.() === 0
  if (!isRoot || findOnPath('apt-get') === undefined) return false
  console.log(`Installing ${name} (apt-get) …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', name]])
      await run('apt-get', args, { env, limitMs: APT_LIMIT_MS, output: 'collect' })
  } catch (error) {
    throw new SetupError(`${name} could not be installed.\n${String(error)}`, { cause: error })
  }
  return true
}
