// @ts-check
import { join } from 'node:path'
import { REPO } from '../../scripts/paths.mjs'
import { installLocked } from '../../test/hosts/lockedInstall.mjs'

/**
 * Installs what the full-size bench measures against (about 170 MB), unless it is installed. Install scripts do not run:
 * the CPU libraries are in the packages, the scripts would only add those of GPUs.
 *
 * @returns {Promise<string>} the folder that has node_modules
 */
export function installBenchPeers() {
  return installLocked(join(REPO, 'bench', 'peers'), {
    label: 'the packages that the full-size bench measures against',
    onProgress: (step) => console.log(step),
  })
}
