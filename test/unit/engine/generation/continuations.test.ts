import { describe, expect, it } from 'vitest'
import { Continuations } from '../../../../src/engine/generation/continuations'
import { HeapRows } from '../../../../src/engine/runtime/rowBuffer'
import { PrefixCache } from '../../../../src/engine/cache/prefixCache'
import { type Tensor, tensor } from '../../../../src/engine/runtime/tensor'

const SHAPE = { nLayer: 1, nEmbd: 2, nPositions: 512 }
const AMPLE = { keyValueBytes: 1e9, residualBytes: 1e9 }
const TEXT = Int32Array.of(5, 6, 7)

describe('Continuations', () => {
  it('are the text followed by the added tokens', () => {
    const continuations = new Continuations(TEXT, newCache())
    expect(continuations.withTokens([])).toEqual(TEXT)
    expect(continuations.withTokens([8, 9])).toEqual(Int32Array.of(5, 6, 7, 8, 9))
  })

  it('share cached rows with the previous one, and take no more memory than one', () => {
    const cache = newCache()
    run(cache, TEXT)
    const bytes = cache.byteLength
    const continuations = new Continuations(TEXT, cache)
    for (const added of [[1], [1, 2], [1, 2, 3], [1, 4], [5], [6, 7]])
      run(cache, continuations.withTokens(added))
    expect(cache.byteLength).toBe(bytes)
    const last = continuations.withTokens([6, 7, 8])
    expect(cache.longestPrefix(last).length).toBe(5)
  })

  it('do not change a cached longer text', () => {
    const cache = newCache()
    const longer = Int32Array.of(...TEXT, 1, 2, 3)
    run(cache, longer)
    const continuations = new Continuations(TEXT, cache)
    for (const added of [[1], [4], [1, 4], [9]]) run(cache, continuations.withTokens(added))
    expect(cache.residualRows(longer, 0, 6)).toEqual(rowsOf(longer))
  })
})

function newCache(): PrefixCache {
  return new PrefixCache(SHAPE, AMPLE, () => new HeapRows(SHAPE.nEmbd))
}

/** Caches the rows of these tokens that are not cached. */
function run(cache: PrefixCache, tokenIds: Int32Array): void {
  if (cache.residualRows(tokenIds, 0, tokenIds.length) !== undefined) return
  const { length } = cache.longestPrefix(tokenIds)
  const rows = rowsOf(tokenIds.subarray(length))
  cache.append(tokenIds, length, { residual: rows, keys: [rows], values: [rows] })
}

function rowsOf(tokenIds: Int32Array): Tensor {
  const rows = Float32Array.from([...tokenIds].flatMap((id) => [id, id]))
  return tensor.float32(rows, [tokenIds.length, SHAPE.nEmbd])
}
