import { describe, expect, it } from 'vitest'
import { type ComparedRow, summarizeComparison } from '../../../../src/shared/numbers/comparisonSummary'

describe('summarizeComparison', () => {
  it('has no figures of no rows', () => {
    expect(summarizeComparison([])).toBeNull()
  })

  it('gives the figures that NumPy gives for the same rows', () => {
    const rows = [
      row({ logProb: -1, baselineLogProb: -2, kl: 0.5, sameTop: true, maxAbsDelta: 1 }),
      row({ logProb: -3, baselineLogProb: -1, kl: 0.1, sameTop: false, maxAbsDelta: 2 }),
      row({ logProb: -0.5, baselineLogProb: -0.75, kl: 0.3, sameTop: true, maxAbsDelta: 0.25 }),
    ]

    const summary = summarizeComparison(rows)

    // numpy: mean, std(ddof=1) / sqrt(n), percentile, sqrt(mean((exp(a) − exp(b))²))
    const expected = {
      tokens: 3,
      bitsPerToken: 2.164042561333445,
      baselineBitsPerToken: 1.8033688011112043,
      klMeanNats: 0.3,
      klStandardErrorNats: 0.11547005383792516,
      klMedianNats: 0.3,
      kl99Nats: 0.496,
      kl999Nats: 0.4996,
      klMaxNats: 0.5,
      sameTop: 2 / 3,
      rmsDeltaP: 0.24031892048201398,
      maxAbsDeltaNats: 2,
    }
    for (const [name, value] of Object.entries(expected))
      expect(summary?.[name as keyof typeof expected], name).toBeCloseTo(value, 10)
  })

  it('has no figures of tokens for a row that no token follows', () => {
    const summary = summarizeComparison([row({ logProb: null })])

    expect(summary).toMatchObject({ tokens: 1, bitsPerToken: null, rmsDeltaP: null, klStandardErrorNats: 0 })
  })
})

function row(values: Partial<ComparedRow>): ComparedRow {
  return { logProb: -1, baselineLogProb: -1, kl: 0, sameTop: true, maxAbsDelta: 0, ...values }
}
