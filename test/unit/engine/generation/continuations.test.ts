import { describe, expect, it } from 'vitest'
import { Continuations } from '../../../../src/engine/generation/continuations'
import { HeapRows } from '../../../../src/engine/runtime/rowBuffer'
import { PrefixCache } from '../../../../src/engine/cache/prefixCache'
import { type Tensor, tensor } from '../../../../src/engine/runtime/tensor'

const SHAPE = { nLayer: 1, nEmbd: 2, nPositions: 512 }
const AMPLE = { keyValueBytes: 1e9, residualBytes: 1e9 }
const TEXT = Int32Array.of(5, 6, 7)

describe('Continuations', () => {
  it('are the text with more tokens', () => {
    const continuations = new Continuations(TEXT, newKept())
    expect(continuations.withTokens([])).toEqual(TEXT)
    expect(continuations.withTokens([8, 9])).toEqual(Int32Array.of(5, 6, 7, 8, 9))
  })

  it('keep what they share with the one before, and take no more room than one', () => {
    const kept = newKept()
    run(kept, TEXT)
    const bytes = kept.byteLength
    const continuations = new Continuations(TEXT, kept)
    for (const way of [[1], [1, 2], [1, 2, 3], [1, 4], [5], [6, 7]]) run(kept, continuations.withTokens(way))
    expect(kept.byteLength).toBe(bytes)
    const [last] = [continuations.withTokens([6, 7, 8])]
    expect(kept.longestPrefix(last).length).toBe(5)
  })

  it('leave a text alone that goes on behind them', () => {
    const kept = newKept()
    const longer = Int32Array.of(...TEXT, 1, 2, 3)
    run(kept, longer)
    const continuations = new Continuations(TEXT, kept)
    for (const way of [[1], [4], [1, 4], [9]]) run(kept, continuations.withTokens(way))
    expect(kept.residualRows(longer, 0, 6)).toEqual(rowsOf(longer))
  })
})

function newKept(): PrefixCache {
  return new PrefixCache(SHAPE, AMPLE, () => new HeapRows(SHAPE.nEmbd))
}

/** Keeps what is not kept of these tokens. */
function run(kept: PrefixCache, tokenIds: Int32Array): void {
  if (kept.residualRows(tokenIds, 0, tokenIds.length) !== undefined) return
  const { length } = kept.longestPrefix(tokenIds)
  const rows = rowsOf(tokenIds.subarray(length))
  kept.append(tokenIds, length, { residual: rows, keys: [rows], values: [rows] })
}

function rowsOf(tokenIds: Int32Array): Tensor {
  const rows = Float32Array.from([...tokenIds].flatMap((id) => [id, id]))
  return tensor.float32(rows, [tokenIds.length, SHAPE.nEmbd])
}
