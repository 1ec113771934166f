import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StepSize } from '../../../../src/engine/worker/stepSize'

describe('The stepSize', () => {
  it('begins with the least', () => {
    expect(new StepSize(64).positions).toBe(64)
  })

  it.each([
    ['grows while a step is quick', [64, 40], 256],
    ['grows by whole multiples', [64, 100], 128],
    ['stays where a step takes its time', [64, 240], 64],
    ['never goes below the least', [64, 5000], 64],
    ['learns nothing from a few tokens', [3, 0.001], 64],
    ['takes a clock that stood still for a quick step', [64, 0], 256],
  ] as const)('%s', (_, [positions, milliseconds], next) => {
    const stepSize = new StepSize(64)
    stepSize.measured(positions, milliseconds)
    expect(stepSize.positions).toBe(next)
  })

  it('becomes slower again', () => {
    const stepSize = new StepSize(64)
    stepSize.measured(64, 20)
    stepSize.measured(256, 900)
    expect(stepSize.positions).toBe(64)
  })

  it('is a multiple of the least, whatever was measured', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 256 }), fc.double({ min: 0, noNaN: true })))
    fc.assert(
      fc.property(fc.constantFrom(64, 128), steps, (least, measured) => {
        const stepSize = new StepSize(least)
        for (const [positions, milliseconds] of measured) stepSize.measured(positions, milliseconds)
        expect([least, 2 * least, 3 * least, 4 * least]).toContain(stepSize.positions)
        expect(stepSize.positions).toBeLessThanOrEqual(256)
      }),
    )
  })
})
