import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MeasuredStepSize } from '../../../../src/engine/worker/stepSize'

describe('MeasuredStepSize', () => {
  it('starts with the minimum', () => {
    expect(new MeasuredStepSize(64).positions).toBe(64)
  })

  it.each([
    ['grows when a step is fast', [64, 40], 256],
    ['grows by whole multiples of the minimum', [64, 100], 128],
    ['stays the same when a step takes its whole time', [64, 240], 64],
    ['never goes below the minimum', [64, 5000], 64],
    ['ignores the time of a step over a few tokens', [3, 0.001], 64],
    ['treats a duration of 0 as a fast step', [64, 0], 256],
  ] as const)('%s', (_, [positions, milliseconds], next) => {
    const stepSize = new MeasuredStepSize(64)
    stepSize.measured(positions, milliseconds)
    expect(stepSize.positions).toBe(next)
  })

  it('shrinks again after a slow step', () => {
    const stepSize = new MeasuredStepSize(64)
    stepSize.measured(64, 20)
    stepSize.measured(256, 900)
    expect(stepSize.positions).toBe(64)
  })

  it('is a multiple of the minimum after any measurements', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 256 }), fc.double({ min: 0, noNaN: true })))
    fc.assert(
      fc.property(fc.constantFrom(64, 128), steps, (min, measured) => {
        const stepSize = new MeasuredStepSize(min)
        for (const [positions, milliseconds] of measured) stepSize.measured(positions, milliseconds)
        expect([min, 2 * min, 3 * min, 4 * min]).toContain(stepSize.positions)
        expect(stepSize.positions).toBeLessThanOrEqual(256)
      }),
    )
  })
})
