import { describe, expect, it } from 'vitest'
import { HeapRows } from '../../../../src/engine/runtime/rowBuffer'
import { type CacheBudget, PrefixCache, type NewRows } from '../../../../src/engine/cache/prefixCache'
import { type Tensor, tensor } from '../../../../src/engine/runtime/tensor'

const SHAPE = { nLayer: 2, nEmbd: 3, nPositions: 256 }
/** Capacity grows by 128 positions at a time. */
const POSITIONS_PER_STEP = 128
/** Of sequences that differ only in this many last tokens, two stay cached. */
const SHORT_END = 32
const FLOAT_BYTES = 4
const KEY_VALUE_BYTES = POSITIONS_PER_STEP * SHAPE.nEmbd * 2 * SHAPE.nLayer * FLOAT_BYTES
const RESIDUAL_BYTES = POSITIONS_PER_STEP * SHAPE.nEmbd * FLOAT_BYTES
const AMPLE = { keyValueBytes: 100 * KEY_VALUE_BYTES, residualBytes: 100 * RESIDUAL_BYTES }

const RESIDUAL = 0.1
const key = (layer: number) => 0.2 + layer
const value = (layer: number) => 0.3 + layer

describe('PrefixCache', () => {
  it('is empty at first', () => {
    const cache = cacheWithin(AMPLE)
    expect(cache.residualRows(Int32Array.of(1, 2), 0, 2)).toBeUndefined()
    expect(cache.longestPrefix(Int32Array.of(1, 2)).length).toBe(0)
    expect(cache.byteLength).toBe(0)
  })

  it('returns cached rows', () => {
    const cache = cacheWithin(AMPLE)
    add(cache, [5, 6, 7])
    expect(cache.residualRows(Int32Array.of(5, 6, 7, 8), 1, 3)).toEqual(rowsOf([6, 7], RESIDUAL))
    expect(cache.residualRows(Int32Array.of(5, 6, 7, 8), 1, 4)).toBeUndefined()
  })

  it('returns the keys and values of every layer for the longest common prefix', () => {
    const cache = cacheWithin(AMPLE)
    add(cache, [5, 6, 7])
    expect(cache.longestPrefix(Int32Array.of(5, 6, 9, 9))).toEqual({
      length: 2,
      keys: [rowsOf([5, 6], key(0)), rowsOf([5, 6], key(1))],
      values: [rowsOf([5, 6], value(0)), rowsOf([5, 6], value(1))],
    })
  })

  it('leaves at least the last token to run', () => {
    const cache = cacheWithin(AMPLE)
    add(cache, [5, 6, 7])
    expect(cache.longestPrefix(Int32Array.of(5, 6, 7)).length).toBe(2)
  })

  it('appends to a sequence beyond its capacity', () => {
    const cache = cacheWithin(AMPLE)
    const long = Array.from({ length: 200 }, (_, i) => i)
    add(cache, long.slice(0, 100))
    add(cache, long, 100)
    expect(cache.residualRows(Int32Array.from(long), 0, 200)).toEqual(rowsOf(long, RESIDUAL))
    expect(cache.byteLength).toBe(2 * (KEY_VALUE_BYTES + RESIDUAL_BYTES))
  })

  it('forks where two texts diverge, without changing the first', () => {
    const cache = cacheWithin(AMPLE)
    add(cache, [5, 6, 7, 8])
    add(cache, [5, 6, 9], 2)
    expect(cache.residualRows(Int32Array.of(5, 6, 9), 0, 3)).toEqual(rowsOf([5, 6, 9], RESIDUAL))
    expect(cache.residualRows(Int32Array.of(5, 6, 7, 8), 0, 4)).toEqual(rowsOf([5, 6, 7, 8], RESIDUAL))
    expect(cache.longestPrefix(Int32Array.of(5, 6, 7, 8, 1)).keys[1]).toEqual(rowsOf([5, 6, 7, 8], key(1)))
    expect(cache.longestPrefix(Int32Array.of(5, 6, 9, 1)).values[0]).toEqual(rowsOf([5, 6, 9], value(0)))
  })

  it('has at most two copies of a text that is typed with a completion after every letter', () => {
    const cache = cacheWithin(AMPLE)
    const text = Array.from({ length: 100 }, (_, i) => i)
    add(cache, text.slice(0, 50))
    for (let length = 51; length < 90; length++)
      add(cache, [...text.slice(0, length), ...new Array<number>(SHORT_END).fill(200)], length - 1)
    expect(cache.byteLength).toBe(2 * (KEY_VALUE_BYTES + RESIDUAL_BYTES))
  })

  it('keeps all sequences that differ in a long end', () => {
    const cache = cacheWithin(AMPLE)
    const texts = [7, 8, 9].map((id) => [5, 6, ...new Array<number>(SHORT_END + 1).fill(id)])
    for (const text of texts) add(cache, text, cache.byteLength === 0 ? 0 : 2)
    for (const text of texts) expect(cache.longestPrefix(Int32Array.of(...text, 1)).length).toBe(text.length)
  })

  it('drops the end of a sequence on rewind, and reuses its memory', () => {
    const cache = cacheWithin(AMPLE)
    add(cache, [5, 6, 7, 8])
    cache.rewind(Int32Array.of(5, 6, 7, 8), 2)
    add(cache, [5, 6, 9], 2)
    expect(cache.residualRows(Int32Array.of(5, 6, 9), 0, 3)).toEqual(rowsOf([5, 6, 9], RESIDUAL))
    expect(cache.residualRows(Int32Array.of(5, 6, 7), 0, 3)).toBeUndefined()
    expect(cache.byteLength).toBe(KEY_VALUE_BYTES + RESIDUAL_BYTES)
  })

  it('does not rewind a sequence that is longer than the given tokens', () => {
    const cache = cacheWithin(AMPLE)
    add(cache, [5, 6, 7, 8])
    cache.rewind(Int32Array.of(5, 6, 7), 1)
    expect(cache.residualRows(Int32Array.of(5, 6, 7, 8), 0, 4)).toBeDefined()
  })

  it('does not append rows whose prefix is no longer cached', () => {
    const cache = cacheWithin(AMPLE)
    add(cache, [5, 6, 7])
    cache.rewind(Int32Array.of(5, 6, 7), 1)
    add(cache, [5, 6, 7, 8], 3)
    expect(cache.residualRows(Int32Array.of(5, 6, 7, 8), 0, 4)).toBeUndefined()
  })

  it('does not return the rows of a sequence with another first token', () => {
    const cache = cacheWithin(AMPLE)
    add(cache, [5, 6, 7])
    expect(cache.residualRows(Int32Array.of(4, 6, 7), 2, 3)).toBeUndefined()
  })

  it('drops the least recently used keys and values first, and keeps their residual rows', () => {
    const cache = cacheWithin({ ...AMPLE, keyValueBytes: 2 * KEY_VALUE_BYTES })
    for (const first of [1, 2, 3]) add(cache, [first, 6, 7])
    expect(cache.residualRows(Int32Array.of(1, 6, 7), 0, 3)).toEqual(rowsOf([1, 6, 7], RESIDUAL))
    expect(cache.longestPrefix(Int32Array.of(1, 6, 7, 8)).length).toBe(0)
    expect(cache.longestPrefix(Int32Array.of(2, 6, 7, 8)).length).toBe(3)
    expect(cache.longestPrefix(Int32Array.of(3, 6, 7, 8)).length).toBe(3)
  })

  it('counts a lookup as a use', () => {
    const cache = cacheWithin({ ...AMPLE, keyValueBytes: 2 * KEY_VALUE_BYTES })
    for (const first of [1, 2]) add(cache, [first, 6, 7])
    cache.residualRows(Int32Array.of(1, 6, 7), 0, 1)
    add(cache, [3, 6, 7])
    expect(cache.longestPrefix(Int32Array.of(1, 6, 7, 8)).length).toBe(3)
    expect(cache.longestPrefix(Int32Array.of(2, 6, 7, 8)).length).toBe(0)
  })

  it('caches a text again after its keys and values were dropped', () => {
    const cache = cacheWithin({ ...AMPLE, keyValueBytes: KEY_VALUE_BYTES })
    add(cache, [1, 6, 7])
    add(cache, [2, 6, 7])
    add(cache, [1, 6, 7, 8])
    expect(cache.longestPrefix(Int32Array.of(1, 6, 7, 8, 9)).length).toBe(4)
  })

  it('drops residual rows beyond their budget', () => {
    const cache = cacheWithin({ ...AMPLE, residualBytes: 2 * RESIDUAL_BYTES })
    for (const first of [1, 2, 3]) add(cache, [first, 6, 7])
    expect(cache.residualRows(Int32Array.of(1, 6, 7), 0, 3)).toBeUndefined()
    expect(cache.residualRows(Int32Array.of(2, 6, 7), 0, 3)).toBeDefined()
  })

  it('keeps the last used sequence even if it exceeds the budget', () => {
    const cache = cacheWithin({ keyValueBytes: 1, residualBytes: 1 })
    add(cache, [1, 6, 7])
    add(cache, [2, 6, 7])
    expect(cache.longestPrefix(Int32Array.of(2, 6, 7, 8)).length).toBe(3)
    expect(cache.byteLength).toBe(KEY_VALUE_BYTES + RESIDUAL_BYTES)
  })

  it('stays within its budgets after many texts', () => {
    const budget = { keyValueBytes: 3 * KEY_VALUE_BYTES, residualBytes: 10 * RESIDUAL_BYTES }
    const cache = cacheWithin(budget)
    for (let i = 0; i < 100; i++) {
      add(cache, [i, 6, 7])
      expect(cache.byteLength).toBeLessThanOrEqual(budget.keyValueBytes + budget.residualBytes)
    }
    expect(cache.byteLength).toBe(budget.keyValueBytes + budget.residualBytes)
  })
})

function cacheWithin(budget: CacheBudget): PrefixCache {
  return new PrefixCache(SHAPE, budget, () => new HeapRows(SHAPE.nEmbd))
}

/** Caches rows from token `from` on whose values identify their token and tensor. */
function add(cache: PrefixCache, tokenIds: readonly number[], from = 0): void {
  const added = tokenIds.slice(from)
  const layers = [0, 1]
  const rows: NewRows = {
    residual: rowsOf(added, RESIDUAL),
    keys: layers.map((layer) => rowsOf(added, key(layer))),
    values: layers.map((layer) => rowsOf(added, value(layer))),
  }
  cache.append(Int32Array.from(tokenIds), from, rows)
}

/** One row for each token: C times its id plus the tensor's fraction. */
function rowsOf(tokenIds: readonly number[], fraction: number): Tensor {
  const rows = tokenIds.flatMap((id) => new Array<number>(SHAPE.nEmbd).fill(id + fraction))
  return tensor.float32(Float32Array.from(rows), [tokenIds.length, SHAPE.nEmbd])
}
