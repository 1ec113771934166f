import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alignTokens, baselineOnlyTokens } from '../../../../src/prediction/compare/alignment'

describe('alignTokens', () => {
  it('aligns equal sequences as one run', async () => {
    const ids = Int32Array.of(1, 2, 3)

    await expect(alignTokens(ids, ids)).resolves.toEqual({
      runs: [{ from: 0, baselineFrom: 0, length: 3 }],
      isComplete: true,
    })
  })

  it('finds the shared tokens before, between and after two edits', async () => {
    const alignment = await alignTokens(Int32Array.of(1, 2, 9, 4, 5, 6), Int32Array.of(1, 2, 3, 4, 8, 8, 6))

    expect(alignment.runs).toEqual([
      { from: 0, baselineFrom: 0, length: 2 },
      { from: 3, baselineFrom: 3, length: 1 },
      { from: 5, baselineFrom: 6, length: 1 },
    ])
  })

  it('aligns only tokens that are equal, in order, each once', async () => {
    const ids = fc
      .array(fc.integer({ min: 0, max: 4 }), { maxLength: 40 })
      .map((list) => Int32Array.from(list))

    await fc.assert(
      fc.asyncProperty(ids, ids, async (a, b) => {
        const { runs } = await alignTokens(a, b)
        let [nextA, nextB] = [0, 0]
        for (const { from, baselineFrom, length } of runs) {
          expect(from).toBeGreaterThanOrEqual(nextA)
          expect(baselineFrom).toBeGreaterThanOrEqual(nextB)
          expect([...a.subarray(from, from + length)]).toEqual([
            ...b.subarray(baselineFrom, baselineFrom + length),
          ])
          nextA = from + length
          nextB = baselineFrom + length
        }
        expect(nextA).toBeLessThanOrEqual(a.length)
        expect(nextB).toBeLessThanOrEqual(b.length)
      }),
    )
  })

  it('aligns as many tokens as the longest common subsequence has', async () => {
    const ids = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 25 })

    await fc.assert(
      fc.asyncProperty(ids, ids, async (a, b) => {
        const { runs } = await alignTokens(Int32Array.from(a), Int32Array.from(b))
        expect(runs.reduce((sum, { length }) => sum + length, 0)).toBe(longestCommon(a, b))
      }),
    )
  })

  it('aligns the common beginning and end of sequences that differ too much', async () => {
    const middle = (offset: number) => Array.from({ length: 2_000 }, (_, i) => offset + i)
    const a = Int32Array.of(1, 2, ...middle(10_000), 3)
    const b = Int32Array.of(1, 2, ...middle(20_000), 3)

    await expect(alignTokens(a, b)).resolves.toEqual({
      runs: [
        { from: 0, baselineFrom: 0, length: 2 },
        { from: 2_002, baselineFrom: 2_002, length: 1 },
      ],
      isComplete: false,
    })
  })
})

/** Length of the longest common subsequence, by the table of all prefixes. */
function longestCommon(a: readonly number[], b: readonly number[]): number {
  let row = new Array<number>(b.length + 1).fill(0)
  for (const x of a) {
    const next = [0]
    for (const [j, y] of b.entries())
      next.push(x === y ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0))
    row = next
  }
  return row.at(-1) ?? 0
}

describe('baselineOnlyTokens', () => {
  it('finds the tokens before, between and after the runs, each at its place in the other sequence', async () => {
    const baseline = Int32Array.of(7, 1, 2, 3, 4, 8, 8)
    const { runs } = await alignTokens(Int32Array.of(1, 2, 9, 4), baseline)

    expect(baselineOnlyTokens(runs, baseline)).toEqual([
      { position: 0, tokenIds: [7] },
      { position: 2, tokenIds: [3] },
      { position: 4, tokenIds: [8, 8] },
    ])
  })

  it('finds none in equal sequences', async () => {
    const ids = Int32Array.of(1, 2, 3)
    const { runs } = await alignTokens(ids, ids)

    expect(baselineOnlyTokens(runs, ids)).toEqual([])
  })

  it('finds all tokens if nothing is shared', () => {
    expect(baselineOnlyTokens([], Int32Array.of(1, 2))).toEqual([{ position: 0, tokenIds: [1, 2] }])
  })
})
