import { describe, expect, it } from 'vitest'
import { HeapRows } from '../../../../src/engine/runtime/rowBuffer'
import { type CacheBudget, PrefixCache, type NewRows } from '../../../../src/engine/cache/prefixCache'
import { type Tensor, tensor } from '../../../../src/engine/runtime/tensor'

const SHAPE = { nLayer: 2, nEmbd: 3, nPositions: 256 }
/** Capacity grows by 128 positions at a time. */
const POSITIONS_PER_STEP = 128
/** Of the sequences that only end differently in so many tokens, two are kept. */
const SHORT_END = 32
const FLOAT_BYTES = 4
const KEY_VALUE_BYTES = POSITIONS_PER_STEP * SHAPE.nEmbd * 2 * SHAPE.nLayer * FLOAT_BYTES
const RESIDUAL_BYTES = POSITIONS_PER_STEP * SHAPE.nEmbd * FLOAT_BYTES
const AMPLE = { keyValueBytes: 100 * KEY_VALUE_BYTES, residualBytes: 100 * RESIDUAL_BYTES }

const RESIDUAL = 0.1
const key = (layer: number) => 0.2 + layer
const value = (layer: number) => 0.3 + layer

describe('PrefixCache', () => {
  it('finds nothing before anything was kept', () => {
    const kept = keptWithin(AMPLE)
    expect(kept.residualRows(Int32Array.of(1, 2), 0, 2)).toBeUndefined()
    expect(kept.longestPrefix(Int32Array.of(1, 2)).length).toBe(0)
    expect(kept.byteLength).toBe(0)
  })

  it('gives back what was kept, row by row', () => {
    const kept = keptWithin(AMPLE)
    keep(kept, [5, 6, 7])
    expect(kept.residualRows(Int32Array.of(5, 6, 7, 8), 1, 3)).toEqual(rowsOf([6, 7], RESIDUAL))
    expect(kept.residualRows(Int32Array.of(5, 6, 7, 8), 1, 4)).toBeUndefined()
  })

  it('gives the keys and values of every layer for the longest common prefix', () => {
    const kept = keptWithin(AMPLE)
    keep(kept, [5, 6, 7])
    expect(kept.longestPrefix(Int32Array.of(5, 6, 9, 9))).toEqual({
      length: 2,
      keys: [rowsOf([5, 6], key(0)), rowsOf([5, 6], key(1))],
      values: [rowsOf([5, 6], value(0)), rowsOf([5, 6], value(1))],
    })
  })

  it('leaves at least one token to run, whose row is asked for', () => {
    const kept = keptWithin(AMPLE)
    keep(kept, [5, 6, 7])
    expect(kept.longestPrefix(Int32Array.of(5, 6, 7)).length).toBe(2)
  })

  it('goes on where a sequence ended, beyond one step of capacity', () => {
    const kept = keptWithin(AMPLE)
    const long = Array.from({ length: 200 }, (_, i) => i)
    keep(kept, long.slice(0, 100))
    keep(kept, long, 100)
    expect(kept.residualRows(Int32Array.from(long), 0, 200)).toEqual(rowsOf(long, RESIDUAL))
    expect(kept.byteLength).toBe(2 * (KEY_VALUE_BYTES + RESIDUAL_BYTES))
  })

  it('forks where a text goes on otherwise, and leaves the other as it was', () => {
    const kept = keptWithin(AMPLE)
    keep(kept, [5, 6, 7, 8])
    keep(kept, [5, 6, 9], 2)
    expect(kept.residualRows(Int32Array.of(5, 6, 9), 0, 3)).toEqual(rowsOf([5, 6, 9], RESIDUAL))
    expect(kept.residualRows(Int32Array.of(5, 6, 7, 8), 0, 4)).toEqual(rowsOf([5, 6, 7, 8], RESIDUAL))
    expect(kept.longestPrefix(Int32Array.of(5, 6, 7, 8, 1)).keys[1]).toEqual(rowsOf([5, 6, 7, 8], key(1)))
    expect(kept.longestPrefix(Int32Array.of(5, 6, 9, 1)).values[0]).toEqual(rowsOf([5, 6, 9], value(0)))
  })

  it('has two copies of a text at most that is typed on with a completion after every letter', () => {
    const kept = keptWithin(AMPLE)
    const text = Array.from({ length: 100 }, (_, i) => i)
    keep(kept, text.slice(0, 50))
    for (let length = 51; length < 90; length++)
      keep(kept, [...text.slice(0, length), ...new Array<number>(SHORT_END).fill(200)], length - 1)
    expect(kept.byteLength).toBe(2 * (KEY_VALUE_BYTES + RESIDUAL_BYTES))
  })

  it('keeps every sequence with a long end of its own', () => {
    const kept = keptWithin(AMPLE)
    const texts = [7, 8, 9].map((id) => [5, 6, ...new Array<number>(SHORT_END + 1).fill(id)])
    for (const text of texts) keep(kept, text, kept.byteLength === 0 ? 0 : 2)
    for (const text of texts) expect(kept.longestPrefix(Int32Array.of(...text, 1)).length).toBe(text.length)
  })

  it('gives up the end of a sequence, and goes on otherwise in the room of that', () => {
    const kept = keptWithin(AMPLE)
    keep(kept, [5, 6, 7, 8])
    kept.rewind(Int32Array.of(5, 6, 7, 8), 2)
    keep(kept, [5, 6, 9], 2)
    expect(kept.residualRows(Int32Array.of(5, 6, 9), 0, 3)).toEqual(rowsOf([5, 6, 9], RESIDUAL))
    expect(kept.residualRows(Int32Array.of(5, 6, 7), 0, 3)).toBeUndefined()
    expect(kept.byteLength).toBe(KEY_VALUE_BYTES + RESIDUAL_BYTES)
  })

  it('gives up nothing of a sequence that goes on behind these tokens', () => {
    const kept = keptWithin(AMPLE)
    keep(kept, [5, 6, 7, 8])
    kept.rewind(Int32Array.of(5, 6, 7), 1)
    expect(kept.residualRows(Int32Array.of(5, 6, 7, 8), 0, 4)).toBeDefined()
  })

  it('keeps no rows whose beginning was given up meanwhile', () => {
    const kept = keptWithin(AMPLE)
    keep(kept, [5, 6, 7])
    kept.rewind(Int32Array.of(5, 6, 7), 1)
    keep(kept, [5, 6, 7, 8], 3)
    expect(kept.residualRows(Int32Array.of(5, 6, 7, 8), 0, 4)).toBeUndefined()
  })

  it('does not hand a row on to a sequence that only begins alike', () => {
    const kept = keptWithin(AMPLE)
    keep(kept, [5, 6, 7])
    expect(kept.residualRows(Int32Array.of(4, 6, 7), 2, 3)).toBeUndefined()
  })

  it('drops the keys and values used longest ago first, and still shows their rows', () => {
    const kept = keptWithin({ ...AMPLE, keyValueBytes: 2 * KEY_VALUE_BYTES })
    for (const first of [1, 2, 3]) keep(kept, [first, 6, 7])
    expect(kept.residualRows(Int32Array.of(1, 6, 7), 0, 3)).toEqual(rowsOf([1, 6, 7], RESIDUAL))
    expect(kept.longestPrefix(Int32Array.of(1, 6, 7, 8)).length).toBe(0)
    expect(kept.longestPrefix(Int32Array.of(2, 6, 7, 8)).length).toBe(3)
    expect(kept.longestPrefix(Int32Array.of(3, 6, 7, 8)).length).toBe(3)
  })

  it('counts as used what was looked at', () => {
    const kept = keptWithin({ ...AMPLE, keyValueBytes: 2 * KEY_VALUE_BYTES })
    for (const first of [1, 2]) keep(kept, [first, 6, 7])
    kept.residualRows(Int32Array.of(1, 6, 7), 0, 1)
    keep(kept, [3, 6, 7])
    expect(kept.longestPrefix(Int32Array.of(1, 6, 7, 8)).length).toBe(3)
    expect(kept.longestPrefix(Int32Array.of(2, 6, 7, 8)).length).toBe(0)
  })

  it('runs a text anew whose keys and values it has dropped', () => {
    const kept = keptWithin({ ...AMPLE, keyValueBytes: KEY_VALUE_BYTES })
    keep(kept, [1, 6, 7])
    keep(kept, [2, 6, 7])
    keep(kept, [1, 6, 7, 8])
    expect(kept.longestPrefix(Int32Array.of(1, 6, 7, 8, 9)).length).toBe(4)
  })

  it('forgets rows beyond their budget altogether', () => {
    const kept = keptWithin({ ...AMPLE, residualBytes: 2 * RESIDUAL_BYTES })
    for (const first of [1, 2, 3]) keep(kept, [first, 6, 7])
    expect(kept.residualRows(Int32Array.of(1, 6, 7), 0, 3)).toBeUndefined()
    expect(kept.residualRows(Int32Array.of(2, 6, 7), 0, 3)).toBeDefined()
  })

  it('keeps the sequence used last, whatever its size', () => {
    const kept = keptWithin({ keyValueBytes: 1, residualBytes: 1 })
    keep(kept, [1, 6, 7])
    keep(kept, [2, 6, 7])
    expect(kept.longestPrefix(Int32Array.of(2, 6, 7, 8)).length).toBe(3)
    expect(kept.byteLength).toBe(KEY_VALUE_BYTES + RESIDUAL_BYTES)
  })

  it('stays within its budgets however many texts come along', () => {
    const budget = { keyValueBytes: 3 * KEY_VALUE_BYTES, residualBytes: 10 * RESIDUAL_BYTES }
    const kept = keptWithin(budget)
    for (let i = 0; i < 100; i++) {
      keep(kept, [i, 6, 7])
      expect(kept.byteLength).toBeLessThanOrEqual(budget.keyValueBytes + budget.residualBytes)
    }
    expect(kept.byteLength).toBe(budget.keyValueBytes + budget.residualBytes)
  })
})

function keptWithin(budget: CacheBudget): PrefixCache {
  return new PrefixCache(SHAPE, budget, () => new HeapRows(SHAPE.nEmbd))
}

/** Keeps rows that tell which token and which tensor they are of, from token `from` on. */
function keep(kept: PrefixCache, tokenIds: readonly number[], from = 0): void {
  const added = tokenIds.slice(from)
  const layers = [0, 1]
  const rows: NewRows = {
    residual: rowsOf(added, RESIDUAL),
    keys: layers.map((layer) => rowsOf(added, key(layer))),
    values: layers.map((layer) => rowsOf(added, value(layer))),
  }
  kept.append(Int32Array.from(tokenIds), from, rows)
}

/** One row a token, [C] times its id and the tensor's own fraction. */
function rowsOf(tokenIds: readonly number[], fraction: number): Tensor {
  const rows = tokenIds.flatMap((id) => new Array<number>(SHAPE.nEmbd).fill(id + fraction))
  return tensor.float32(Float32Array.from(rows), [tokenIds.length, SHAPE.nEmbd])
}
