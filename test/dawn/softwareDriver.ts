import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of the Vulkan drivers' manifests. */
const DRIVERS = '/usr/share/vulkan/icd.d'
/** The manifest of Mesa's software driver; some distributions add the architecture to its name. */
const LAVAPIPE = (existsSync(DRIVERS) ? readdirSync(DRIVERS) : []).find((name) =>
  /^lvp_icd\..*json$/.test(name),
)

export const hasSoftwareAdapter = LAVAPIPE !== undefined

/** Makes Vulkan use Mesa's software driver in this process and those that it starts. */
export function selectSoftwareDriver(): void {
  if (LAVAPIPE !== undefined) process.env.VK_ICD_FILENAMES = join(DRIVERS, LAVAPIPE)
}

/** The reason that a skipped test reports. */
export const WITHOUT_ADAPTER =
  'Mesa’s software adapter is not installed (mesa-vulkan-drivers): the tests on Dawn are skipped.'
