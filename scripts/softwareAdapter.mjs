// @ts-check
import { existsSync } from 'node:fs'
import { installDebianPackage } from './debianPackage.mjs'

/** Mesa's, where Debian has it. */
const LAVAPIPE = '/usr/share/vulkan/icd.d/lvp_icd.json'

/** Looks for the graphics adapter that the tests on Dawn run on, and installs it where that is allowed; they are skipped without it. */
export async function findSoftwareAdapter() {
  if (!existsSync(LAVAPIPE)) await installDebianPackage('mesa-vulkan-drivers')
}
