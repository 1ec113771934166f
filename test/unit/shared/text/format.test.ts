import { describe, expect, it } from 'vitest'

import {
  formatCount,
  formatCounted,
  formatDecimal,
  formatDuration,
  formatDivergence,
  formatFactor,
  formatOdds,
  formatParameters,
  formatPerplexity,
  formatProbability,
  formatSigned,
  formatWholePercent,
  speakPercent,
} from '../../../../src/shared/text/format'

describe('A contribution', () => {
  it.each([
    [0.063, '+0.06'],
    [-2.74, '−2.74'],
    [-0.001, '0.00'],
    [0.001, '0.00'],
    [0, '0.00'],
  ])('of %f is formatted as %s', (value, shown) => {
    expect(formatSigned(value)).toBe(shown)
  })
})

describe('A factor', () => {
  it.each([
    [8.03, '×8.0'],
    [1, '×1.0'],
    [0.14, '÷7.1'],
    [123.4, '×123'],
    [1 / 5210, '÷5,210'],
    [1.2e6, '×1.2e6'],
  ])('of %f is formatted as %s', (factor, shown) => {
    expect(formatFactor(factor)).toBe(shown)
  })
})

describe('A divergence in nats', () => {
  it.each([
    [0, '0'],
    [4.13e-5, '4.1e-5'],
    [0.00412, '0.0041'],
    [0.3312, '0.331'],
    [1, '1.00'],
    [12.345, '12.35'],
  ])('%d is %s', (nats, shown) => {
    expect(formatDivergence(nats)).toBe(shown)
  })
})

describe('A probability', () => {
  it.each([
    [1, '100 %'],
    [0.99951, '100 %'],
    [0.9994, '99.9 %'],
    [0.571, '57.1 %'],
    [0.0987, '9.9 %'],
    [0.00028, '0.028 %'],
    [0.0001, '0.010 %'],
    [0.0000996, '1.0e-4'],
    [4.4e-6, '4.4e-6'],
    [3.14e-18, '3.1e-18'],
    [0, '0 %'],
  ])('of %f is formatted as %s', (probability, shown) => {
    expect(formatProbability(probability)).toBe(shown)
  })

  it.each([
    [0.1, '1 in 10'],
    [0.02, '1 in 50'],
    [0.0028, '1 in 360'],
    [0.001_001, '1 in 1.0 k'],
    [0.00028, '1 in 3.6 k'],
    [4.4e-6, '1 in 230 k'],
    [1.004e-6, '1 in 1.0 M'],
    [8.1e-8, '1 in 12 M'],
    [4.4e-10, '1 in 2.3 B'],
    [4.4e-16, '1 in 2.3e15'],
  ])('of %f is formatted in odds as %s', (probability, shown) => {
    expect(formatOdds(probability)).toBe(shown)
  })

  it('has no odds above one tenth, nor if it is zero', () => {
    expect([0.1001, 0.57, 1, 0].map(formatOdds)).toEqual([undefined, undefined, undefined, undefined])
  })

  it('is a whole percentage in the short form, and never rounded to zero', () => {
    expect([0.571, 0.004, 1].map(formatWholePercent)).toEqual(['57 %', '<1 %', '100 %'])
  })

  it('is spelled out for screen readers', () => {
    expect([0.00077, 0.57, 1e-9].map(speakPercent)).toEqual([
      '0.077 percent',
      '57.0 percent',
      'less than 0.01 percent',
    ])
  })
})

describe('A number', () => {
  it('has thousands separators', () => {
    expect([7, 999, 1000, 50257, 124439808].map(formatCount)).toEqual([
      '7',
      '999',
      '1,000',
      '50,257',
      '124,439,808',
    ])
  })

  it('has a plural noun unless it is one', () => {
    expect([formatCounted(1, 'token'), formatCounted(1024, 'token')]).toEqual(['1 token', '1,024 tokens'])
  })

  it('has a typographic minus, but none if it rounds to zero', () => {
    expect([formatDecimal(-8.1716, 3), formatDecimal(-0.001), formatDecimal(2)]).toEqual([
      '−8.172',
      '0.00',
      '2.00',
    ])
  })
})

it.each([
  [0.4213, '0.42 s'],
  [9.94, '9.9 s'],
  [12.3, '12 s'],
  [59.7, '1 min 0 s'],
  [125, '2 min 5 s'],
])('%f seconds are formatted as %s', (seconds, shown) => {
  expect(formatDuration(seconds)).toBe(shown)
})

it.each([
  [12_414_528, '12 M'],
  [124_439_808, '124 M'],
  [1_557_611_200, '1.6 B'],
  [2_048, '2,048'],
])('%i parameters are formatted as %s', (parameters, shown) => {
  expect(formatParameters(parameters)).toBe(shown)
})

it.each([
  [12.34, '12.3'],
  [5_120.4, '5,120'],
  [6.5e254, '6.5e254'],
])('a perplexity of %f is formatted as %s', (perplexity, shown) => {
  expect(formatPerplexity(perplexity)).toBe(shown)
})
