import { describe, expect, it } from 'vitest'
import { sampleAmong } from '../../../src/shared/sampleAmong'
import { NEUTRAL_SAMPLING } from '../../../src/shared/sampling'

const LOGITS = Float32Array.of(3, 1, 2, 2, -1)
const ALLOWED = Uint32Array.of(1, 2, 3)

describe('Sampling among some tokens', () => {
  it('shares all of the probability among them', () => {
    const { probabilityOf, kept } = sampleAmong(LOGITS, ALLOWED, NEUTRAL_SAMPLING)

    const total = Math.exp(1) + 2 * Math.exp(2)
    expect(kept).toBe(3)
    expect(probabilityOf(0)).toBe(0)
    expect(probabilityOf(1)).toBeCloseTo(Math.exp(1) / total, 9)
    expect(probabilityOf(3)).toBeCloseTo(Math.exp(2) / total, 9)
  })

  it('takes the most likely of them where it is greedy, of equals the lower id', () => {
    const { probabilityOf } = sampleAmong(LOGITS, ALLOWED, { ...NEUTRAL_SAMPLING, temperature: 0 })

    expect([0, 1, 2, 3].map(probabilityOf)).toEqual([0, 0, 1, 0])
  })

  it('cuts among them alone', () => {
    const { probabilityOf } = sampleAmong(LOGITS, ALLOWED, { ...NEUTRAL_SAMPLING, topK: 2 })

    expect([1, 2, 3].map(probabilityOf)).toEqual([0, 0.5, 0.5])
  })

  it('draws their ids', () => {
    const { tokenAt } = sampleAmong(LOGITS, Uint32Array.of(4), NEUTRAL_SAMPLING)

    expect(tokenAt(0.5)).toBe(4)
  })
})
