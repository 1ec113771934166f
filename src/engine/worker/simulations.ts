// S tokens, R rows, C = nEmbd, V = tokens of the vocabulary

import type { SimulationMethods, SimulationRequest } from '../../shared/contracts/engine/simulation'
import { InvalidRequestError } from '../../shared/errors'
import type { RpcHandlers } from '../../shared/rpc'
import { fitOf } from '../inference/simulation/fit'
import type { Simulator } from '../inference/simulation/simulator'
import { checkTokenIds } from './checkRequests'

/** The functions that the thread provides. */
export interface SimulationDependencies {
  readonly loadSimulator: () => Promise<Simulator>
  /** Resolves after pending messages of the thread have been handled. */
  readonly nextMacrotask: () => Promise<void>
}

/** Answers the calls of a check. The model is loaded with the first one, apart from the engine's. */
export function simulationHandlers({
  loadSimulator,
  nextMacrotask,
}: SimulationDependencies): RpcHandlers<SimulationMethods> {
  let loading: Promise<Simulator> | undefined
  const load = () => (loading ??= loadSimulator())
  /** The stream of GPT-2 itself for the tokens of the last call: rows are asked for in several calls. */
  let last: { readonly tokenIds: Int32Array; readonly residual: Float32Array } | undefined

  const referenceResidual = async (simulator: Simulator, tokenIds: Int32Array) => {
    if (last === undefined || !areEqual(last.tokenIds, tokenIds))
      last = { tokenIds, residual: await simulator.residual(tokenIds, {}) }
    return last.residual
  }

  return {
    simulatedModel: async () => (await load()).model,

    referenceLogits: async ({ tokenIds, rows }, { signal, transfer }) => {
      const simulator = await load()
      checkRows(simulator, tokenIds, rows)
      await nextMacrotask()
      signal.throwIfAborted()
      const residual = await referenceResidual(simulator, tokenIds)
      const { logits } = await simulator.head(rowsOf(residual, rows, simulator.model.nEmbd), {})
      const copy = logits.slice()
      transfer([copy])
      return copy
    },

    simulate: async (request, { signal, onProgress }) => {
      const simulator = await load()
      checkSimulation(simulator, request)
      const { tokenIds, rows, logProbs, variants } = request
      const fits = []
      for (const [index, variant] of variants.entries()) {
        await nextMacrotask()
        signal.throwIfAborted()
        const residual = await simulator.residual(tokenIds, variant)
        const { logits } = await simulator.head(rowsOf(residual, rows, simulator.model.nEmbd), variant)
        const fit = fitOf(logProbs, logits, rows.length)
        onProgress({ index, fit })
        fits.push(fit)
      }
      return fits
    },

    hiddenStates: async ({ tokenIds }) => {
      const simulator = await load()
      checkTokenIds(tokenIds, simulator.model)
      const blocks = await simulator.hiddenRows(tokenIds)
      const { normalized } = await simulator.head(await referenceResidual(simulator, tokenIds), {})
      return { blocks, normalized }
    },

    subBlock: async ({ name, input }) => {
      const simulator = await load()
      const { nEmbd, nLayer, nPositions } = simulator.model
      const [, block = '', part] = /^h\.(\d+)\.(attn|mlp)$/.exec(name) ?? []
      if ((part !== 'attn' && part !== 'mlp') || Number(block) >= nLayer)
        throw new InvalidRequestError(`The model has no sub-block ${name}.`)
      const S = input.length / nEmbd
      if (!Number.isInteger(S) || S < 1 || S > nPositions)
        throw new InvalidRequestError(`The input of ${name} has ${input.length} values.`)
      return simulator.subBlock(Number(block), part, input)
    },
  }
}

function checkSimulation({ model }: Simulator, request: SimulationRequest): void {
  const { tokenIds, rows, logProbs } = request
  checkTokenIds(tokenIds, model)
  if (!rows.every((row) => row >= 0 && row < tokenIds.length) || rows.length === 0)
    throw new InvalidRequestError('A row is not one of the input.')
  if (logProbs.length !== rows.length * model.vocabularySize)
    throw new InvalidRequestError(`${logProbs.length} log-probabilities do not match ${rows.length} rows.`)
}

function checkRows({ model }: Simulator, tokenIds: Int32Array, rows: Int32Array): void {
  checkTokenIds(tokenIds, model)
  if (!rows.every((row) => row >= 0 && row < tokenIds.length) || rows.length === 0)
    throw new InvalidRequestError('A row is not one of the input.')
}

/** Rows of [S, C]. */
function rowsOf(all: Float32Array, rows: Int32Array, C: number): Float32Array {
  const taken = new Float32Array(rows.length * C)
  for (const [i, row] of rows.entries()) taken.set(all.subarray(row * C, (row + 1) * C), i * C)
  return taken
}

function areEqual(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i])
}
