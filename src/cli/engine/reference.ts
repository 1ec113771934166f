import { connectSimulation, type SimulationThread } from '../../engine/client/simulationThread'
import { spawnProcess } from '../../engine/client/spawn/spawnProcess'
import { spawnWorker } from '../../engine/client/spawn/spawnWorker'
import { NativeUnavailableError } from '../../shared/errors'
import type { ReferenceOptions, Variables } from '../base/environment'
import { findNativeLibrary } from './nativeLibrary'

/**
 * Starts a thread or process that simulates a model in fp32. The caller disposes of it.
 * @throws NativeUnavailableError if the native library is missing
 */
export function startReference(
  { backend, ...options }: ReferenceOptions,
  variables: Variables,
): SimulationThread {
  const precision = 'fp32'
  if (backend === 'wasm') return connectSimulation(spawnWorker({ ...options, backend, precision }))
  const library = findNativeLibrary(variables, options.assetsFolder)
  if (library.kind === 'missing') throw new NativeUnavailableError(library.reason)
  return connectSimulation(spawnProcess({ ...options, backend, precision, nativeLibrary: library.path }))
}
