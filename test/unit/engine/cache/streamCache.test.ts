import { describe, expect, it } from 'vitest'
import { StreamCache } from '../../../../src/engine/cache/streamCache'
import { HeapRows } from '../../../../src/engine/runtime/rowBuffer'
import { type Tensor, tensor } from '../../../../src/engine/runtime/tensor'

const COLUMNS = 2
const ROW_BYTES = COLUMNS * Float32Array.BYTES_PER_ELEMENT
const TOKENS = Int32Array.from({ length: 20 }, (_, i) => 100 + i)

describe('The stream cache', () => {
  it('gives rows of a segment, up to its end', () => {
    const cache = newCache()
    cache.add(TOKENS, 4, rowsFrom(4, 6))
    expect(values(cache.rows(TOKENS, 5, 8))).toEqual([5, 5, 6, 6, 7, 7])
    expect(values(cache.rows(TOKENS, 9, 20))).toEqual([9, 9])
    expect(cache.rows(TOKENS, 3, 8)).toBeUndefined()
    expect(cache.rows(TOKENS, 10, 12)).toBeUndefined()
  })

  it('gives no row of other tokens', () => {
    const cache = newCache()
    cache.add(TOKENS, 0, rowsFrom(0, 8))
    const edited = TOKENS.with(5, 7)
    expect(values(cache.rows(edited, 3, 8))).toEqual([3, 3, 4, 4])
    expect(cache.rows(edited, 5, 8)).toBeUndefined()
  })

  it('finds the next cached row', () => {
    const cache = newCache()
    cache.add(TOKENS, 8, rowsFrom(8, 4))
    expect([2, 9, 12].map((from) => cache.nextCached(TOKENS, from, 16))).toEqual([8, 9, 16])
    expect(cache.nextCached(TOKENS.with(0, 7), 2, 16)).toBe(16)
  })

  it('drops the segments that were not used for longest beyond its budget', () => {
    const cache = newCache(8 * ROW_BYTES)
    cache.add(TOKENS, 0, rowsFrom(0, 4))
    cache.add(TOKENS, 4, rowsFrom(4, 4))
    cache.rows(TOKENS, 0, 4)
    cache.add(TOKENS, 8, rowsFrom(8, 4))
    expect(cache.rows(TOKENS, 4, 8)).toBeUndefined()
    expect(values(cache.rows(TOKENS, 0, 1))).toEqual([0, 0])
    expect(cache.byteLength).toBe(8 * ROW_BYTES)
  })

  it('keeps the last segment even if it alone exceeds the budget', () => {
    const cache = newCache(1)
    cache.add(TOKENS, 0, rowsFrom(0, 4))
    cache.add(TOKENS, 4, rowsFrom(4, 4))
    expect(cache.byteLength).toBe(4 * ROW_BYTES)
    expect(values(cache.rows(TOKENS, 4, 5))).toEqual([4, 4])
  })
})

function newCache(budget = Infinity): StreamCache {
  return new StreamCache(budget, () => new HeapRows(COLUMNS))
}

/** Rows whose values are their numbers. */
function rowsFrom(first: number, count: number): Tensor {
  const data = Float32Array.from({ length: count * COLUMNS }, (_, i) => first + Math.floor(i / COLUMNS))
  return tensor.float32(data, [count, COLUMNS])
}

function values(rows: Tensor | undefined): number[] | undefined {
  return rows && [...(rows.data as Float32Array)]
}
