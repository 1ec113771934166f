import { BackendRouter } from '../../engine/client/router/backendRouter'
import type { EngineHandle } from '../../engine/client/engineHandle'
import { findNativeGpu } from '../../engine/client/webgpu/findNativeGpu'
import { processorName } from '../../engine/client/native/processorName'
import { spawnProcess } from '../../engine/client/spawn/spawnProcess'
import { spawnWorker } from '../../engine/client/spawn/spawnWorker'
import type { SelectedModel } from '../../engine/client/startAccelerated'
import { nativeAccelerator } from '../../engine/client/native/startNative'
import { webGpuAccelerator } from '../../engine/client/webgpu/startWebGpu'
import {
  type AcceleratedBackend,
  acceleratorsOf,
  type BackendChoice,
} from '../../shared/contracts/engine/backends'
import { DEFAULT_MODEL_ID } from '../../shared/contracts/engine/prediction'
import { WebGpuUnavailableError } from '../../shared/errors'
import type { CliEngineOptions, Variables } from '../base/environment'
import { findNativeLibrary } from './nativeLibrary'
import { cacheFolder, storedAdapterSelfTests, storedSelfTests } from './storedSelfTests'

/**
 * Creates the engine of a command. With the choice `auto` it runs on the native library if that is there and passes its
 * self-test, else on WASM.
 * @throws NativeUnavailableError or WebGpuUnavailableError if the choice is `native` or `webgpu` and the library is missing,
 * cannot be loaded, finds no adapter or does not pass, and the errors of loading the model
 */
export async function createCliEngine(
  { choice, embedded, ...options }: CliEngineOptions,
  variables: Variables,
): Promise<EngineHandle> {
  const { model, precision, assetsFolder } = options
  if (choice === 'webgpu' && precision !== 'fp32')
    throw new WebGpuUnavailableError(`${precision} does not run on webgpu. Use --precision fp32.`)
  const selected: SelectedModel = {
    model: model.folder === embedded.folder ? DEFAULT_MODEL_ID : model.folder,
    precision,
  }
  const optionsOf = (engine: SelectedModel) => ({
    ...options,
    model: engine.model === DEFAULT_MODEL_ID ? embedded : model,
  })
  const spawnWasm = (engine: SelectedModel) => spawnWorker({ ...optionsOf(engine), backend: 'wasm' })
  const common = { choice: () => choice, selected: () => selected, log: () => undefined }
  const library = () => findNativeLibrary(variables, assetsFolder)
  let failure: Error | undefined
  const router = new BackendRouter({
    spawnWasm: () => spawnWasm(selected),
    accelerators: [
      webGpuAccelerator({
        ...common,
        place: () => {
          const found = library()
          if (found.kind === 'missing') throw new WebGpuUnavailableError(found.reason)
          const { path: nativeLibrary } = found
          return {
            kind: 'process',
            adapter: () => findNativeGpu({ assetsFolder, nativeLibrary, isSoftwareWanted: true }),
            spawnWebGpu: (id) =>
              spawnProcess({ ...optionsOf({ model: id, precision }), backend: 'webgpu', nativeLibrary }),
          }
        },
        spawnWasm: (id) => spawnWasm({ model: id, precision }),
        selfTests: storedAdapterSelfTests(cacheFolder(variables)),
      }),
      nativeAccelerator({
        ...common,
        library,
        device: processorName,
        isSelfTestAwaited: true,
        spawnNative: ({ nativeLibrary, ...engine }) =>
          spawnProcess({ ...optionsOf(engine), backend: 'native', nativeLibrary }),
        spawnWasm,
        selfTests: storedSelfTests(cacheFolder(variables), processorName),
      }),
    ],
    selected: () => acceleratorsOfCommand(choice),
    onState: () => undefined,
    onFailure: ({ reason }) => {
      failure = reason
    },
  })
  if (choice !== 'native' && choice !== 'webgpu') return router
  await router.retry()
  if (failure === undefined) return router
  await router.dispose()
  throw failure
}

/** A command is too short for the start of a graphics adapter, so that is used only if it is named. */
function acceleratorsOfCommand(choice: BackendChoice): readonly AcceleratedBackend[] {
  return choice === 'auto' ? ['native'] : acceleratorsOf(choice)
}
