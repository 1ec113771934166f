import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { METRIC_SCALES, METRICS, stepOf } from '../../../../src/shared/numbers/metrics'

describe('The steps of a metric', () => {
  it.each([
    ['surprisal', [0, 1.99, 2, 4.99, 5, 8, 12, 30], [1, 1, 2, 2, 3, 4, 5, 5]],
    ['rank', [1, 2, 10, 11, 100, 101, 1000, 1001, 50257], [1, 2, 2, 3, 3, 4, 4, 5, 5]],
    ['entropy', [0, 2, 4, 6, 8, 15.6], [1, 2, 3, 4, 5, 5]],
    ['probability', [1, 0.26, 0.25, 2 ** -5, 2 ** -8, 2 ** -12, 1e-9], [1, 1, 2, 3, 4, 5, 5]],
  ] as const)('start at their bounds: %s', (metric, values, steps) => {
    expect(values.map((value) => stepOf(metric, value))).toEqual(steps)
  })

  it('are equal for a probability and its surprisal', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 40, noNaN: true }), (bits) => {
        const probability = 2 ** -bits
        expect(stepOf('probability', probability)).toBe(stepOf('surprisal', -Math.log2(probability)))
      }),
    )
  })

  it('have different labels', () => {
    for (const metric of METRICS) expect(new Set(METRIC_SCALES[metric].steps).size).toBe(5)
  })
})
