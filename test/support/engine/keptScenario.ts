// The same sequences kept in the heap and on the GPU. C = nEmbd

import type { RowBuffer } from '../../../src/engine/runtime/rowBuffer'
import { disposeRows, type KeptBudget, PrefixCache } from '../../../src/engine/cache/prefixCache'
import type { Tensor } from '../../../src/engine/runtime/tensor'
import type { KeptRows, KeptStep } from './workerUnderTest'

export const KEPT_SHAPE = { nLayer: 2, nEmbd: 4, nPositions: 256 }

/** Where rows are made of numbers, and numbers of rows. */
export interface RowsPlace {
  rowBuffer(): RowBuffer
  tensorOf(rows: Float32Array): Tensor
  read(rows: Tensor): Promise<Float32Array>
}

/** What `lookUp` finds after every step. */
export async function keepSteps(
  place: RowsPlace,
  { budget, steps, lookUp }: { budget: KeptBudget; steps: readonly KeptStep[]; lookUp: Int32Array },
): Promise<KeptRows[]> {
  const kept = new PrefixCache(KEPT_SHAPE, budget, () => place.rowBuffer())
  const found: KeptRows[] = []
  for (const step of steps) {
    if (step.kind === 'rewind') kept.rewind(step.tokenIds, step.length)
    else append(kept, place, step.tokenIds, step.from)
    const residual = kept.residualRows(lookUp, 0, lookUp.length)
    const { keys, values } = kept.longestPrefix(lookUp)
    const rows: Float32Array[] = []
    for (const tensor of [...(residual === undefined ? [] : [residual]), ...keys, ...values])
      rows.push(await place.read(tensor))
    residual?.dispose()
    found.push({ rows, byteLength: kept.byteLength })
  }
  return found
}

/** Rows that tell which token and which tensor they are of. */
function append(kept: PrefixCache, place: RowsPlace, tokenIds: Int32Array, from: number): void {
  const rows = (fraction: number) =>
    place.tensorOf(
      Float32Array.from(
        [...tokenIds.subarray(from)].flatMap((id) => Array<number>(KEPT_SHAPE.nEmbd).fill(id + fraction)),
      ),
    )
  const layers = [0, 1]
  const newRows = {
    residual: rows(0),
    keys: layers.map((layer) => rows(0.25 + 0.125 * layer)),
    values: layers.map((layer) => rows(0.5 + 0.125 * layer)),
  }
  kept.append(tokenIds, from, newRows)
  disposeRows(newRows)
}
