// Runs the same operations on a cache in the heap and on the GPU. C = nEmbd

import type { RowBuffer } from '../../../src/engine/runtime/rowBuffer'
import { disposeRows, type CacheBudget, PrefixCache } from '../../../src/engine/cache/prefixCache'
import type { Tensor } from '../../../src/engine/runtime/tensor'
import type { CachedRows, CacheStep } from './workerUnderTest'

export const CACHE_SHAPE = { nLayer: 2, nEmbd: 4, nPositions: 256 }

/** Creates and reads tensors in the heap or on the GPU. */
export interface RowStorage {
  rowBuffer(): RowBuffer
  tensorOf(rows: Float32Array): Tensor
  read(rows: Tensor): Promise<Float32Array>
}

/** The cached rows of `lookUp` after every step. */
export async function runCacheSteps(
  storage: RowStorage,
  { budget, steps, lookUp }: { budget: CacheBudget; steps: readonly CacheStep[]; lookUp: Int32Array },
): Promise<CachedRows[]> {
  const cache = new PrefixCache(CACHE_SHAPE, budget, () => storage.rowBuffer())
  const found: CachedRows[] = []
  for (const step of steps) {
    if (step.kind === 'rewind') cache.rewind(step.tokenIds, step.length)
    else append(cache, storage, step.tokenIds, step.from)
    const residual = cache.residualRows(lookUp, 0, lookUp.length)
    const { keys, values } = cache.longestPrefix(lookUp)
    const rows: Float32Array[] = []
    for (const tensor of [...(residual === undefined ? [] : [residual]), ...keys, ...values])
      rows.push(await storage.read(tensor))
    residual?.dispose()
    found.push({ rows, byteLength: cache.byteLength })
  }
  return found
}

/** Appends rows whose values identify their token and tensor. */
function append(cache: PrefixCache, storage: RowStorage, tokenIds: Int32Array, from: number): void {
  const rows = (fraction: number) =>
    storage.tensorOf(
      Float32Array.from(
        [...tokenIds.subarray(from)].flatMap((id) => Array<number>(CACHE_SHAPE.nEmbd).fill(id + fraction)),
      ),
    )
  const layers = [0, 1]
  const newRows = {
    residual: rows(0),
    keys: layers.map((layer) => rows(0.25 + 0.125 * layer)),
    values: layers.map((layer) => rows(0.5 + 0.125 * layer)),
  }
  cache.append(tokenIds, from, newRows)
  disposeRows(newRows)
}
