// Every mistake of a model's fixtures, searched for in files of several roundings. R compared rows, V = 50257

import { MistakeSearch, type SearchResult } from '../../../src/check/mistakeSearch'
import { noiseOfRow } from '../../../src/check/noise'
import type { Simulator } from '../../../src/engine/inference/simulation/simulator'
import type { Rounding } from '../../../src/files/representation/representation'
import type { SimulationApi } from '../../../src/shared/contracts/engine/simulation'
import { elementAt } from '../../../src/shared/elementAt'
import type { CpuBackend } from '../engine/loadModel'
import { loadSimulation } from '../engine/loadSimulation'
import { logSoftmax, toBfloat16, toFloat16, V } from '../files/savedLogits'
import { MemoizedSimulation, simulationOf } from './memoizedSimulation'
import { headMatrix, logitsOf, type MistakenCase, MistakenModel } from './mistakenLogits'

/** Rows of the file that are compared. */
const ROWS = 4

const ROUNDED: Readonly<Record<Rounding, (row: Float32Array) => Float32Array>> = {
  float32: (row) => row,
  float16: toFloat16,
  bfloat16: toBfloat16,
}

export class MistakeMatrix {
  private readonly memoized: SimulationApi
  /** Rows of logits by their case: each is searched in several roundings. */
  private readonly rows = new Map<MistakenCase, readonly Float32Array[]>()

  private constructor(
    readonly model: MistakenModel,
    private readonly simulator: Simulator,
    private readonly matrix: Float32Array,
  ) {
    this.memoized = { ...simulationOf(simulator), simulate: new MemoizedSimulation(simulator).simulate }
  }

  /** @param folder for the files of the seeded model */
  static async load(
    name: 'mini' | 'small',
    folder: string,
    backend: CpuBackend = 'wasm',
  ): Promise<MistakeMatrix> {
    const model = new MistakenModel(name)
    const location = await model.location(folder)
    return new MistakeMatrix(model, await loadSimulation(location, backend), await headMatrix(location))
  }

  /** The result of a search in the rows of a case. */
  search(mistaken: MistakenCase, rounding: Rounding): Promise<SearchResult> {
    const rows = this.rowsOf(mistaken).map(ROUNDED[rounding])
    const precision = { kind: 'logits', centred: false, rounding } as const
    const target = {
      tokenIds: elementAt(this.model.texts, mistaken.text),
      rows: Int32Array.from(rows, (_, row) => row),
      logProbs: joined(rows.map(logSoftmax)),
      noise: rows.map((row) => noiseOfRow(row, precision)),
    }
    return new MistakeSearch(this.memoized, this.simulator.model, target, {}).run()
  }

  private rowsOf(mistaken: MistakenCase): readonly Float32Array[] {
    const known = this.rows.get(mistaken)
    if (known !== undefined) return known
    const { nEmbd } = this.simulator.model
    const logits = logitsOf(
      this.model.headRows(mistaken, nEmbd).subarray(0, ROWS * nEmbd),
      this.matrix,
      nEmbd,
    )
    const rows = Array.from({ length: ROWS }, (_, row) => logits.subarray(row * V, (row + 1) * V))
    this.rows.set(mistaken, rows)
    return rows
  }
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.length * V)
  rows.forEach((row, i) => {
    all.set(row, i * V)
  })
  return all
}
