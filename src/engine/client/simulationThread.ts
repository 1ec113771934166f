import type { SimulationApi, SimulationMethods } from '../../shared/contracts/engine/simulation'
import { EngineStoppedError } from '../../shared/errors'
import { RpcClient } from '../../shared/rpc'
import type { EngineWorker } from './engineHandle'

/** A thread or process that simulates a model. It loads the model with the first call. */
export interface SimulationThread {
  readonly api: SimulationApi
  /** Ends the thread. Pending and later calls are rejected with EngineStoppedError. */
  dispose(): Promise<void>
}

/** Connects to an engine's worker for simulations only. It is not restarted after it has ended. */
export function connectSimulation(worker: EngineWorker): SimulationThread {
  const client = new RpcClient<SimulationMethods>(worker.channel)
  worker.onStop((cause) => {
    client.close(
      new EngineStoppedError('The reference model’s engine ended unexpectedly. Try again.', { cause }),
    )
  })
  return {
    api: {
      simulatedModel: (request, options) => client.call('simulatedModel', request, options),
      referenceLogits: (request, options) => client.call('referenceLogits', request, options),
      simulate: (request, options) => client.call('simulate', request, options),
      hiddenStates: (request, options) => client.call('hiddenStates', request, options),
      subBlock: (request, options) => client.call('subBlock', request, options),
    },
    dispose: async () => {
      client.close(new EngineStoppedError('The reference model’s engine was closed.'))
      await worker.terminate()
    },
  }
}
