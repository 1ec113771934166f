import { readdirSync, statSync } from 'node:fs'
import { release } from 'node:os'
import { dependencies } from '../../../../package.json'
import type { GpuAdapter } from '../../../shared/contracts/engine/companionApi'
import { EngineStoppedError, NativeUnavailableError, WebGpuUnavailableError } from '../../../shared/errors'
import { RpcClient } from '../../../shared/rpc'
import { ADAPTER, type AdapterMethods } from '../../contract/adapterMethods'
import { describeOpenedAdapter, NAMING_ADAPTER } from './graphicsDriver'
import { processorName } from '../native/processorName'
import { spawnProcess } from '../spawn/spawnProcess'

interface FindOptions {
  /** The folder of the engine's bundle. */
  readonly assetsFolder: string
  /** Absolute path of `onnxruntime.cjs` of Logitscope Native. */
  readonly nativeLibrary: string
  /** Whether an adapter that is emulated on the CPU is of use. */
  readonly isSoftwareWanted: boolean
}

/** A driver that does not answer by then never will. */
const LIMIT_MS = 30_000

/**
 * The graphics adapter that the native library uses on this machine. It is opened in a process of its own, because a driver
 * may crash.
 * @throws WebGpuUnavailableError if it finds no adapter, or if the process ends or does not answer
 */
export async function findNativeGpu(options: FindOptions): Promise<GpuAdapter> {
  // Opening an adapter takes most of a second, and calls wait for it.
  if (!options.isSoftwareWanted && !hasGraphicsHardware())
    throw new WebGpuUnavailableError('This machine has no graphics adapter.')
  const { libraries, errorOutput } = await openedAdapter(options)
  const { name, isSoftware, driver } = describeOpenedAdapter({
    platform: process.platform,
    libraries,
    errorOutput,
    processor: processorName(),
  })
  const runtime = `ONNX Runtime ${dependencies['onnxruntime-web']}`
  return { name, isSoftware, implementation: `${runtime}, ${versionOf(driver)}` }
}

/** The libraries that a process has loaded after it opened the adapter, and its error output. */
async function openedAdapter({ assetsFolder, nativeLibrary }: FindOptions) {
  const engine = spawnProcess(
    {
      // No model is loaded.
      model: { id: '', description: '', folder: '', storage: 'user' },
      backend: 'webgpu',
      threads: 1,
      precision: 'fp32',
      assetsFolder,
      nativeLibrary,
    },
    { task: ADAPTER, variables: NAMING_ADAPTER },
  )
  const client = new RpcClient<AdapterMethods>(engine.channel)
  engine.onStop((cause) => {
    client.close(new EngineStoppedError('The process has ended.', { cause }))
  })
  const limit = setTimeout(() => void engine.terminate(), LIMIT_MS)
  try {
    const libraries = await client.call('openAdapter', undefined)
    // Its end, because the error output may arrive after the answer.
    await engine.terminate()
    return { libraries, errorOutput: engine.errorOutput() }
  } catch (cause) {
    if (cause instanceof WebGpuUnavailableError) throw cause
    const message =
      cause instanceof NativeUnavailableError
        ? cause.message
        : 'The graphics adapter cannot be opened. Update the graphics driver. The log has the reason.'
    throw new WebGpuUnavailableError(message, { cause })
  } finally {
    clearTimeout(limit)
    await engine.terminate()
  }
}

/** Whether the operating system may have a graphics adapter. Linux has a device file for each. */
function hasGraphicsHardware(): boolean {
  if (process.platform !== 'linux') return true
  const namesIn = (folder: string) => {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  }
  return (
    namesIn('/dev/dri').some((name) => name.startsWith('renderD')) ||
    namesIn('/dev').some((name) => /^(nvidia\d+|dxg|kgsl-3d0|mali0)$/.test(name))
  )
}

/** Changes when the driver is updated. */
function versionOf(driver: string | undefined): string {
  const stats = driver === undefined ? undefined : statSync(driver, { throwIfNoEntry: false })
  return stats === undefined ? `${process.platform} ${release()}` : `${driver ?? ''} ${stats.mtimeMs}`
}
