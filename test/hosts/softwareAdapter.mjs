// @ts-check
import { existsSync, readdirSync } from 'node:fs'
import { installDebianPackage } from './debianPackage.mjs'

/** The folder where Vulkan looks for descriptions of drivers. */
const DRIVERS = '/usr/share/vulkan/icd.d'
/** Mesa's software driver; some distributions add the architecture to the name. */
const LAVAPIPE = /^lvp_icd\..*json$/

/**
 * Installs the software graphics adapter that the tests on Dawn need, if it is missing and may be installed. Those tests
 * skip themselves without it.
 */
export async function provideSoftwareAdapter() {
  if (existsSync(DRIVERS) && readdirSync(DRIVERS).some((name) => LAVAPIPE.test(name))) return
  try {
    await installDebianPackage(
      'mesa-vulkan-drivers',
      'the graphics adapter of the WebGPU tests in Node and in the native library',
    )
  } catch (error) {
    console.error(error)
  }
}
