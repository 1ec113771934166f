import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logSumExp } from '../../../../src/shared/numbers/logProbs'
import { drawnToken, greedyToken, type NextRow } from '../../../../src/engine/generation/nextToken'
import {
  NEUTRAL_SAMPLING,
  type SamplingSettings,
} from '../../../../src/shared/contracts/engine/samplingSettings'
import { elementAt } from '../../../../src/shared/elementAt'
import { sampleDistribution, SortedLogits } from '../../../../src/shared/numbers/sampling'
import { rowsOf } from '../../../support/texts/tinyLanguage'

const points = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const settings = fc.record<SamplingSettings>({
  temperature: fc.double({ min: 0.01, max: 3, noNaN: true }),
  topK: fc.integer({ min: 0, max: 110 }),
  topP: fc.double({ min: 0, max: 1, noNaN: true }),
  minP: fc.double({ min: 0, max: 1, noNaN: true }),
})
/** Integers have many ties; other values have few. */
const rows = fc
  .oneof(
    fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 120, maxLength: 160 }),
    fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 120, maxLength: 160 }),
  )
  .map((logits) => Float32Array.from(logits))

describe('A drawn token', () => {
  it('is the one that the whole row gives, with the same log-probability', async () => {
    await fc.assert(
      fc.asyncProperty(rows, settings, points, async (logits, sampling, point) => {
        const tokenId = sampleDistribution(new SortedLogits(logits), sampling).tokenAt(point)
        expect(await drawnToken(rowOf(logits), [], { sampling, point })).toMatchObject({
          tokenId,
          logProb: elementAt(logits, tokenId) - logSumExp(logits),
        })
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['only the most likely tokens below the largest top-k', 99, [2, 1, 0], ['100 most likely']],
    ['the whole row at the largest top-k', 100, [2, 1, 0], ['whole row']],
    ['the whole row without a top-k', 0, [2, 1, 0], ['whole row']],
    ['only the most likely tokens if there is a tie above the last', 2, [2, 2, 1], ['3 most likely']],
    ['the whole row too if the last tokens tie', 2, [3, 2, 2], ['3 most likely', 'whole row']],
  ])('needs %s', async (_, topK, logits, needed) => {
    const { row, reads } = watched(Float32Array.from(logits))
    await drawnToken(row, [], { sampling: { ...NEUTRAL_SAMPLING, topK }, point: 0.5 })
    expect(reads).toEqual(needed)
  })
})

describe('A greedy token', () => {
  it('is the most likely one; of equal logits the one with the lower id', async () => {
    const logits = Float32Array.of(1, 2, 2, 0)
    expect(await greedyToken(rowOf(logits), [])).toMatchObject({ tokenId: 1, logProb: 2 - logSumExp(logits) })
  })

  it('does not need the whole row', async () => {
    const { row, reads } = watched(Float32Array.of(1, 2))
    await greedyToken(row, [])
    expect(reads).toEqual(['1 most likely'])
  })
})

function rowOf(logits: Float32Array): NextRow {
  return rowsOf(() => Promise.resolve(logits))
}

/** The row, and what is read of it. */
function watched(logits: Float32Array): { row: NextRow; reads: string[] } {
  const row = rowOf(logits)
  const reads: string[] = []
  return {
    reads,
    row: {
      logits: (tokenIds) => {
        reads.push('whole row')
        return row.logits(tokenIds)
      },
      mostLikely: (tokenIds, count) => {
        reads.push(`${count} most likely`)
        return row.mostLikely(tokenIds, count)
      },
    },
  }
}
