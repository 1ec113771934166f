import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LensRow } from '../../../../../src/shared/contracts/engine/explanation'
import {
  decodeLensRows,
  encodeLensRows,
  LENS_BLOCK_LENGTH,
  LensRows,
} from '../../../../../src/shared/contracts/panel/lensRows'

/** A row with L + 1 layers and K tokens at each. */
function rowOf(logitsRow: number, layers = 3, topK = 2): LensRow {
  const floats = (length: number) => Float32Array.from({ length }, (_, i) => logitsRow + i / 8)
  const ints = (length: number) => Int32Array.from({ length }, (_, i) => logitsRow * 100 + i)
  return {
    logitsRow,
    logProb: floats(layers),
    rank: ints(layers),
    entropy: floats(layers),
    kl: floats(layers),
    topIds: ints(layers * topK),
    topLogProbs: floats(layers * topK),
  }
}

const rowsOf = (count: number) => Array.from({ length: count }, (_, i) => rowOf(i))

describe('the bytes of rows of the lens', () => {
  it('decode to the same rows', () => {
    const sizes = fc.tuple(
      fc.array(fc.boolean(), { maxLength: 9 }),
      fc.integer({ min: 1, max: 49 }),
      fc.integer({ min: 1, max: 10 }),
    )
    fc.assert(
      fc.property(sizes, ([present, layers, topK]) => {
        const rows = present.map((isPresent, i) => (isPresent ? rowOf(i, layers, topK) : null))
        expect(decodeLensRows(encodeLensRows(rows))).toEqual(rows)
      }),
    )
  })

  it('decode at any offset of a buffer', () => {
    const bytes = encodeLensRows(rowsOf(2))
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    expect(decodeLensRows(shifted.subarray(3))).toEqual(rowsOf(2))
  })

  it('are rejected if they end inside a row', () => {
    expect(() => decodeLensRows(encodeLensRows(rowsOf(2)).subarray(0, -4))).toThrow(RangeError)
  })
})

describe('the rows of the lens', () => {
  it('are found by section and position, over the borders of blocks', () => {
    const position = LENS_BLOCK_LENGTH - 2
    const lens = LensRows.EMPTY.with({ section: 1, position }, rowsOf(LENS_BLOCK_LENGTH + 5))
    expect(lens.at({ section: 1, position: position + 3 })).toEqual(rowOf(3))
    expect(lens.at({ section: 1, position: position - 1 })).toBeNull()
    expect(lens.at({ section: 0, position: position + 3 })).toBeNull()
    expect(lens.blocks).toHaveLength(3)
  })

  it('stay as they were when further rows are added', () => {
    const before = LensRows.EMPTY.with({ section: 0, position: 0 }, rowsOf(2))
    before.with({ section: 0, position: 2 }, rowsOf(2))
    expect(before.at({ section: 0, position: 2 })).toBeNull()
  })

  it('copy only the block that changes', () => {
    const before = LensRows.EMPTY.with({ section: 0, position: 0 }, rowsOf(2 * LENS_BLOCK_LENGTH))
    const after = before.with({ section: 0, position: 1 }, rowsOf(1))
    const [, second] = before.blocks
    expect(after.blocks).toContain(second)
    expect(after.blocks.at(-1)?.first).toBe(0)
  })

  it('drop the blocks that were changed longest ago when they take too much memory', () => {
    const large = Array.from({ length: LENS_BLOCK_LENGTH }, (_, i) => rowOf(i, 49, 10))
    let lens = LensRows.EMPTY
    for (let block = 0; block < 100; block++)
      lens = lens.with({ section: 0, position: block * LENS_BLOCK_LENGTH }, large)
    expect(lens.blocks.length).toBeLessThan(60)
    expect(lens.at({ section: 0, position: 0 })).toBeNull()
    expect(lens.at({ section: 0, position: 100 * LENS_BLOCK_LENGTH - 1 })).not.toBeNull()
  })

  it('are listed for a page that has just loaded: all of them, in ranges within their blocks', () => {
    const border = LENS_BLOCK_LENGTH
    const kept = [
      { section: 0, position: 4, rows: rowsOf(2) },
      { section: 0, position: 7, rows: [rowOf(9)] },
      { section: 0, position: border - 1, rows: rowsOf(3) },
      { section: 1, position: 5, rows: rowsOf(1) },
    ]
    let lens = LensRows.EMPTY
    for (const { section, position, rows } of kept) lens = lens.with({ section, position }, rows)

    expect([...lens.ranges()]).toEqual([
      { section: 0, position: 4, rows: rowsOf(2) },
      { section: 0, position: 7, rows: [rowOf(9)] },
      { section: 0, position: border - 1, rows: [rowOf(0)] },
      { section: 0, position: border, rows: [rowOf(1), rowOf(2)] },
      { section: 1, position: 5, rows: rowsOf(1) },
    ])
  })

  it('have no ranges if none is computed', () => {
    expect([...LensRows.EMPTY.ranges()]).toEqual([])
  })
})
