import { BackendRouter } from '../engine/client/backendRouter'
import type { EngineHandle } from '../engine/client/engineHandle'
import { processorName } from '../engine/client/processorName'
import { spawnProcess } from '../engine/client/spawnProcess'
import { spawnWorker } from '../engine/client/spawnWorker'
import type { SelectedModel } from '../engine/client/startAccelerated'
import { nativeAccelerator } from '../engine/client/startNative'
import { acceleratorsOf } from '../shared/contracts/backends'
import { DEFAULT_MODEL_ID } from '../shared/contracts/prediction'
import type { CliEngineOptions, Variables } from './environment'
import { findNativeLibrary } from './nativeLibrary'
import { cacheFolder, storedChecks } from './storedChecks'

/**
 * Creates the engine of a command. With the choice `auto` it runs on the native library if that is there and passes its
 * check, else on WASM.
 * @throws NativeUnavailableError if the choice is `native` and the library is missing, cannot be loaded or does not pass,
 * and the errors of loading the model
 */
export async function createCliEngine(
  { choice, embedded, ...options }: CliEngineOptions,
  variables: Variables,
): Promise<EngineHandle> {
  const { model, precision, assetsFolder } = options
  const selected: SelectedModel = {
    model: model.folder === embedded.folder ? DEFAULT_MODEL_ID : model.folder,
    precision,
  }
  const optionsOf = (engine: SelectedModel) => ({
    ...options,
    model: engine.model === DEFAULT_MODEL_ID ? embedded : model,
  })
  const spawnWasm = (engine: SelectedModel) => spawnWorker({ ...optionsOf(engine), backend: 'wasm' })
  let failure: Error | undefined
  const router = new BackendRouter({
    spawnWasm: () => spawnWasm(selected),
    accelerators: [
      nativeAccelerator({
        choice: () => choice,
        selected: () => selected,
        library: () => findNativeLibrary(variables, assetsFolder),
        device: processorName,
        isCheckAwaited: true,
        spawnNative: ({ nativeLibrary, ...engine }) =>
          spawnProcess({ ...optionsOf(engine), backend: 'native', nativeLibrary }),
        spawnWasm,
        checks: storedChecks(cacheFolder(variables), processorName),
        log: () => undefined,
      }),
    ],
    selected: () => acceleratorsOf(choice),
    onState: () => undefined,
    onFailure: ({ reason }) => {
      failure = reason
    },
  })
  if (choice !== 'native') return router
  await router.retry()
  if (failure === undefined) return router
  await router.dispose()
  throw failure
}
