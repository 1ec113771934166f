// S tokens, R rows, C = nEmbd, V = 50257

import { fitOf } from '../../../src/engine/inference/simulation/fit'
import type { Simulator } from '../../../src/engine/inference/simulation/simulator'
import { simulationHandlers } from '../../../src/engine/worker/simulations'
import type { SimulationApi, SimulationMethods } from '../../../src/shared/contracts/engine/simulation'
import { serveRpc } from '../../../src/shared/rpc'
import { connectSimulation } from '../../../src/engine/client/simulationThread'
import { channelPair } from '../engine/engineChannel'

/** A simulator in this thread as its callers hold it, connected by the real RPC. */
export function simulationOf(simulator: Simulator): SimulationApi {
  const [callersEnd, simulatorsEnd] = channelPair()
  serveRpc<SimulationMethods>(
    simulatorsEnd,
    simulationHandlers({
      loadSimulator: () => Promise.resolve(simulator),
      nextMacrotask: () => new Promise((resolve) => setImmediate(resolve)),
    }),
  )
  return connectSimulation({
    channel: callersEnd,
    onStop: () => undefined,
    terminate: () => Promise.resolve(),
  }).api
}

/**
 * The same, but it computes the logits of a variant once for the same tokens and rows: the tests compare hundreds of files
 * with the same variants.
 */
export class MemoizedSimulation {
  private readonly logits = new Map<string, Float32Array>()

  constructor(private readonly simulator: Simulator) {}

  readonly simulate: SimulationApi['simulate'] = async ({ tokenIds, rows, logProbs, variants }) => {
    const fits = []
    for (const variant of variants) {
      const key = JSON.stringify([[...tokenIds], [...rows], variant])
      let logits = this.logits.get(key)
      if (logits === undefined) {
        const { nEmbd } = this.simulator.model
        const residual = await this.simulator.residual(tokenIds, variant)
        const taken = Array.from(rows, (row) => [...residual.subarray(row * nEmbd, (row + 1) * nEmbd)])
        logits = (await this.simulator.head(Float32Array.from(taken.flat()), variant)).logits.slice()
        this.logits.set(key, logits)
      }
      fits.push(fitOf(logProbs, logits, rows.length))
    }
    return fits
  }
}
