import { describe, expect, it } from 'vitest'

import type { Distribution } from '../../src/shared/contracts/engine/prediction'
import { closeList, mirroredTokens } from '../../webview/state/comparison/mirroredTokens'

/** A distribution that lists tokens with these probabilities. */
function listing(probabilities: Readonly<Record<number, number>>): Distribution {
  const top = Object.entries(probabilities)
    .map(([id, p]) => ({ tokenId: Number(id), logit: Math.log(p), logProb: Math.log(p) }))
    .sort((a, b) => b.logProb - a.logProb)
  return { logitsRow: 0, seqLen: 1, logSumExp: 0, entropy: 0, top }
}

const shown = listing({ 1: 0.5, 2: 0.2, 3: 0.1 })
const baseline = listing({ 4: 0.6, 1: 0.3, 5: 0.04 })

describe('the mirrored list', () => {
  it('has the tokens of both sides, the most likely one of either side first', () => {
    const ids = mirroredTokens({ shown, baseline, actual: null }).map(({ tokenId }) => tokenId)

    expect(ids).toEqual([4, 1, 2, 3, 5])
  })

  it('says of a token that a side does not list only that it is at most as likely as the last one', () => {
    const [first] = mirroredTokens({ shown, baseline, actual: null })

    expect(first?.shown.isBound).toBe(true)
    expect(first?.shown.probability).toBeCloseTo(0.1)
    expect(first?.baseline.isBound).toBe(false)
    expect(first?.baseline.probability).toBeCloseTo(0.6)
  })

  it('has the actual token with its exact probabilities, even if no side lists it', () => {
    const actual = { tokenId: 9, logProb: Math.log(0.001), baselineLogProb: Math.log(0.002) }

    const last = mirroredTokens({ shown, baseline, actual }).at(-1)

    expect(last).toEqual({
      tokenId: 9,
      shown: { probability: expect.closeTo(0.001) as number, isBound: false },
      baseline: { probability: expect.closeTo(0.002) as number, isBound: false },
    })
  })
})

describe('the closed list', () => {
  const actual = { tokenId: 9, logProb: Math.log(0.001), baselineLogProb: Math.log(0.002) }
  const tokens = mirroredTokens({ shown, baseline, actual })

  it('ends with the actual token below a gap if it is not among the first', () => {
    const { first, actual: below } = closeList(tokens, actual, 4)

    expect(first.map(({ tokenId }) => tokenId)).toEqual([4, 1])
    expect(below?.tokenId).toBe(9)
  })

  it('has no gap if the actual token is among the first', () => {
    const { first, actual: below } = closeList(tokens, { ...actual, tokenId: 2 }, 4)

    expect(first.map(({ tokenId }) => tokenId)).toEqual([4, 1, 2, 3])
    expect(below).toBeNull()
  })
})
