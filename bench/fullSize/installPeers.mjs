// @ts-check
import { join } from 'node:path'
import { removeOtherBinaries } from '../../scripts/native.mjs'
import { targetOfThisMachine } from '../../scripts/nativeTargets.mjs'
import { REPO } from '../../scripts/paths.mjs'
import { installLocked } from '../../test/hosts/lockedInstall.mjs'

/**
 * Installs what the full-size bench measures against (about 170 MB to fetch), unless it is installed. Install scripts do
 * not run: the CPU libraries are in the packages, the scripts would only add those of GPUs.
 *
 * @returns {Promise<string>} the folder that has the node_modules of the peers
 */
export async function installBenchPeers() {
  return installLocked(join(REPO, 'bench', 'peers'), {
    label: 'the packages that the full-size bench measures against',
    finish: keepBinariesOfThisMachine,
    onProgress: (step) => console.log(step),
  })
}

/** @param {string} folder */
async function keepBinariesOfThisMachine(folder) {
  const target = targetOfThisMachine()
  if (target !== undefined) await removeOtherBinaries(join(folder, 'node_modules'), [target])
}
