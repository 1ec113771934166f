import { describe, expect, it } from 'vitest'
import { updateInspection } from '../../../../src/shared/contracts/inspectionUpdate'
import type { Inspection } from '../../../../src/shared/contracts/inspection'
import type { TokenScore } from '../../../../src/shared/contracts/prediction'
import { describePrecisionCost, precisionCost } from '../../../../src/shared/numbers/precisionCost'
import { defaultPrecision } from '../../../../src/shared/text/modelText'
import { alternative, distribution, score } from '../../../support/texts/samples'

const scored = (probability: number, top: number): TokenScore =>
  score(probability, distribution(0, [alternative(top, 0.5)]))

describe('precisionCost', () => {
  it('has the mean and the largest difference of log-probabilities and the share of equal top tokens', () => {
    const cost = precisionCost([scored(0.5, 1), scored(0.25, 2)], [scored(0.5, 1), scored(0.5, 3)])
    expect(cost).toEqual({ tokens: 2, mean: Math.LN2 / 2, max: Math.LN2, sameTop: 0.5 })
  })

  it('compares only tokens that both have scored', () => {
    const cost = precisionCost([null, scored(0.5, 1), scored(0.1, 1)], [null, scored(0.5, 1)])
    expect(cost).toEqual({ tokens: 1, mean: 0, max: 0, sameTop: 1 })
  })

  it('is null if no token was scored in both', () => {
    expect(precisionCost([null], [null])).toBe(null)
  })

  it('is described in one line', () => {
    expect(describePrecisionCost({ tokens: 84, mean: 0.01731, max: 0.19234, sameTop: 0.99 })).toBe(
      'int8 against fp32: |Δ log-prob| 0.0173 nats on average, 0.192 at most · same top token in 99.0 % · 84 tokens',
    )
  })

  it('is set only in the inspection that it was measured for', () => {
    const inspection = { id: 'a' } as Inspection
    const state = { kind: 'running', done: 1, total: 2 } as const
    expect(updateInspection(inspection, { type: 'setPrecisionCost', inspectionId: 'a', state })).toEqual({
      id: 'a',
      precisionCost: state,
    })
    expect(updateInspection(inspection, { type: 'setPrecisionCost', inspectionId: 'b', state })).toBe(
      inspection,
    )
  })
})

describe('defaultPrecision', () => {
  it.each([
    ['gpt2', 124_439_808, 'fp32'],
    ['gpt2-large', 774_030_080, 'fp32'],
    ['gpt2-xl', 1_557_611_200, 'int8'],
  ])('of %s fits into memory', (_id, parameters, precision) => {
    expect(defaultPrecision({ parameters })).toBe(precision)
  })
})
