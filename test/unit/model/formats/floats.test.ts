import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { elementAt } from '../../../../src/shared/elementAt'
import { toFloats, toHalves } from '../../../../src/model/formats/floats'

describe('float16', () => {
  it('survives the conversion to float32 and back, for all 63,488 finite numbers', () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, bits) => bits).filter(
      (bits) => (bits & 0x7c00) !== 0x7c00,
    )
    expect(toHalves(toFloats(new Uint8Array(halves.slice().buffer), 'float16'))).toEqual(halves)
  })

  it('is the float16 nearest to the converted float32', () => {
    fc.assert(
      fc.property(fc.float({ min: -60000, max: 60000, noNaN: true }), (value) => {
        const half = elementAt(toHalves(Float32Array.of(value)), 0)
        const near = [half - 1, half, half + 1].map((bits) => {
          const floats = toFloats(new Uint8Array(Uint16Array.of(bits & 0xffff).buffer), 'float16')
          return Math.abs(elementAt(floats, 0) - value)
        })
        expect(near[1]).toBeLessThanOrEqual(Math.min(...near.filter((distance) => !Number.isNaN(distance))))
      }),
    )
  })

  it('is infinite for numbers that are too large', () => {
    expect([...toHalves(Float32Array.of(1e6, -1e6))]).toEqual([0x7c00, 0xfc00])
  })
})

describe('bfloat16', () => {
  it('is the upper half of a float', () => {
    expect([...toFloats(new Uint8Array(Uint16Array.of(0x3f80, 0xc000).buffer), 'bfloat16')]).toEqual([1, -2])
  })
})

describe('A conversion', () => {
  it('makes no ordinary array of the numbers, which would end the process for 134 million of them', () => {
    const typedArray = Object.getPrototypeOf(Uint16Array.prototype) as Uint16Array
    const iterator = vi.spyOn(typedArray, Symbol.iterator)
    const bytes = new Uint8Array(8)
    const halves = toHalves(new Float32Array(2))
    const floats = [toFloats(bytes, 'float16'), toFloats(bytes, 'bfloat16')]
    const { calls } = iterator.mock
    iterator.mockRestore()
    expect([halves.length, ...floats.map(({ length }) => length), calls.length]).toEqual([2, 4, 4, 0])
  })
})
