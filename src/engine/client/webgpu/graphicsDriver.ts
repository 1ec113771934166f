import { basename } from 'node:path'

/** The state of a process after it opened a graphics adapter: its loaded libraries and its error output. */
export interface OpenedAdapter {
  readonly platform: NodeJS.Platform
  /** Absolute paths of the libraries that it has loaded. */
  readonly libraries: readonly string[]
  /** On Linux with the messages of the Vulkan loader about drivers. */
  readonly errorOutput: string
  /** The processor's name. */
  readonly processor: string
}

/** The adapter as its driver tells it: the native library does not. */
export interface DescribedAdapter {
  readonly name: string
  /** Whether the adapter is emulated on the CPU. */
  readonly isSoftware: boolean
  /** Absolute path of its driver; undefined if it belongs to the operating system or is unknown. */
  readonly driver: string | undefined
}

/** An environment variable with which the Vulkan loader writes the adapter in use to the error output. */
export const NAMING_ADAPTER = { VK_LOADER_DEBUG: 'info,driver' }

/** Recognises the adapter that was opened, and never takes one for hardware that may be software. */
export function describeOpenedAdapter(opened: OpenedAdapter): DescribedAdapter {
  // Metal has no software adapter, and on Apple silicon the GPU is a part of the processor.
  if (opened.platform === 'darwin') return { name: opened.processor, isSoftware: false, driver: undefined }
  return opened.platform === 'win32' ? ofDirect3d(opened.libraries) : ofVulkan(opened)
}

/**
 * Direct3D lists its software adapter, which is a part of Windows, after all others, so it is used only if there is no other.
 * The drivers of hardware are in the driver store.
 */
function ofDirect3d(libraries: readonly string[]): DescribedAdapter {
  const driver = libraries.find((path) => /\\DriverStore\\FileRepository\\/i.test(path))
  if (driver === undefined)
    return { name: 'Microsoft Basic Render Driver', isSoftware: true, driver: undefined }
  return { name: `the adapter of ${driver.split('\\').at(-1) ?? driver}`, isSoftware: false, driver }
}

/** Older versions of the loader do not name the adapter; then no software driver may be loaded. */
function ofVulkan({ errorOutput, libraries }: OpenedAdapter): DescribedAdapter {
  const named = [...errorOutput.matchAll(/Using "([^"]+)" with driver: "([^"]+)"/g)].at(-1)
  if (named === undefined) {
    const software = libraries.find((path) => SOFTWARE.test(basename(path)))
    const name =
      software === undefined ? 'an unnamed graphics adapter' : `the adapter of ${basename(software)}`
    return { name, isSoftware: software !== undefined, driver: undefined }
  }
  const [, name = '', file = ''] = named
  const driver = libraries.find((path) => basename(path) === basename(file))
  return { name, isSoftware: SOFTWARE.test(`${name} ${file}`), driver }
}

/** Mesa's and Google's software drivers. */
const SOFTWARE = /lvp|llvmpipe|lavapipe|swiftshader/i
