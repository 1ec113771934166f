// Simulators in this thread.

import { loadSimulator } from '../../../src/engine/inference/simulation/loadSimulator'
import type { Simulator } from '../../../src/engine/inference/simulation/simulator'
import type { ModelLocation } from '../../../src/shared/contracts/engine/engineApi'
import { type CpuBackend, openCpuRuntime } from './loadModel'

export function loadSimulation(location: ModelLocation, backend: CpuBackend = 'wasm'): Promise<Simulator> {
  return loadSimulator(location, { backend, threads: 1, openRuntime: () => openCpuRuntime(backend) })
}
