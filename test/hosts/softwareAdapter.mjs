// @ts-check
import { existsSync, readdirSync } from 'node:fs'
import { installDebianPackage } from './debianPackage.mjs'

/** Where Vulkan's drivers say where they are. */
const DRIVERS = '/usr/share/vulkan/icd.d'
/** Mesa's on the processor; some distributions name the architecture, too. */
const LAVAPIPE = /^lvp_icd\..*json$/

/** Looks for the graphics adapter that the tests on Dawn run on, and installs it where that is allowed; they are skipped without it. */
export async function findSoftwareAdapter() {
  if (existsSync(DRIVERS) && readdirSync(DRIVERS).some((name) => LAVAPIPE.test(name))) return
  try {
    await installDebianPackage('mesa-vulkan-drivers')
  } catch (error) {
    console.error(error)
  }
}
