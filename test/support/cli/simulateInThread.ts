import type { CliEnvironment } from '../../../src/cli/base/environment'
import { connectSimulation } from '../../../src/engine/client/simulationThread'
import type { Simulator } from '../../../src/engine/inference/simulation/simulator'
import { simulationHandlers } from '../../../src/engine/worker/simulations'
import type { SimulationMethods } from '../../../src/shared/contracts/engine/simulation'
import { serveRpc } from '../../../src/shared/rpc'
import { channelPair } from '../engine/engineChannel'
import { MINI } from '../engine/engineUnderTest'
import { loadSimulation } from '../engine/loadSimulation'

let loading: Promise<Simulator> | undefined

/** The real simulations of the embedded model in this thread, which is loaded once for each test file. */
export const simulateInThread: CliEnvironment['startReference'] = () => {
  const [callersEnd, simulatorsEnd] = channelPair()
  serveRpc<SimulationMethods>(
    simulatorsEnd,
    simulationHandlers({
      loadSimulator: () => (loading ??= loadSimulation(MINI)),
      nextMacrotask: () => new Promise((resolve) => setImmediate(resolve)),
    }),
  )
  return connectSimulation({
    channel: callersEnd,
    onStop: () => undefined,
    terminate: () => Promise.resolve(),
  })
}
