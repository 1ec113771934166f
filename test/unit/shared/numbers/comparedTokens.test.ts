import { describe, expect, it } from 'vitest'

import { elementAt } from '../../../../src/shared/elementAt'
import {
  deltaBits,
  deltaStep,
  hasSameTop,
  summarizeTokens,
} from '../../../../src/shared/numbers/comparedTokens'
import { comparedContexts } from '../../../support/panel/comparedInspection'
import { readGpt2Vocabulary } from '../../../support/texts/gpt2Vocabulary'

const { comparison } = comparedContexts(readGpt2Vocabulary())
const tokens = [...elementAt(comparison.sections, 0).tokens]

describe('deltaBits', () => {
  it('is negative where the baseline finds the token likelier', () => {
    const config = elementAt(tokens, 63)

    expect(deltaBits(config)).toBeCloseTo(-9.976, 3)
    expect(Math.exp(config.score.logProb)).toBeLessThan(Math.exp(config.baselineScore.logProb))
  })
})

describe('deltaStep', () => {
  it.each([
    [0, 0],
    [-0.99, 0],
    [1, 1],
    [-2.99, 1],
    [3, 2],
    [-5.99, 2],
    [6, 3],
    [-20, 3],
  ])('puts %d bits into the step %i', (bits, step) => {
    expect(deltaStep(bits)).toBe(step)
  })
})

describe('hasSameTop', () => {
  it('compares the most likely token of both sides', () => {
    expect(tokens.map(hasSameTop).slice(0, 3)).toEqual([false, false, true])
  })
})

describe('summarizeTokens', () => {
  it('has the figures of both sides', () => {
    const summary = summarizeTokens(tokens)

    expect(summary?.tokens).toBe(85)
    expect(summary?.bitsPerToken).toBeCloseTo(2.804, 2)
    expect(summary?.baselineBitsPerToken).toBeCloseTo(2.388, 2)
    expect(summary?.maxAbsDeltaNats).toBeCloseTo(9.976 * Math.LN2, 2)
  })

  it('has no figures of no tokens', () => {
    expect(summarizeTokens([])).toBeNull()
  })
})
