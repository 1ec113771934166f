// The distance of neighbouring numbers in a float type, which rounding errors are measured in.

import { toFloats, toHalves } from '../../model/formats/floats'
import { elementAt } from '../../shared/elementAt'
import type { Rounding } from './representation'

/** The least normal number of each type is 2 to this power; below it the distance stays the same. */
const FORMATS = {
  float32: { fractionBits: 23, smallestExponent: -126 },
  float16: { fractionBits: 10, smallestExponent: -14 },
  bfloat16: { fractionBits: 7, smallestExponent: -126 },
} as const

/** The distances by the eight exponent bits of a float32: a row has 50,257 values, and a power takes long. */
const STEPS: Readonly<Record<Rounding, Float64Array>> = {
  float32: stepsOf('float32'),
  float16: stepsOf('float16'),
  bfloat16: stepsOf('bfloat16'),
}

/**
 * The distance of two neighbouring numbers of a type at a value, which is taken as a float32; rounding to nearest errs by
 * at most half of it.
 */
export function floatStep(value: number, rounding: Rounding): number {
  single[0] = value
  return elementAt(STEPS[rounding], (elementAt(singleBits, 0) >>> 23) & 0xff)
}

/** For the exponent of one value. */
const single = new Float32Array(1)
const singleBits = new Uint32Array(single.buffer)

/** The distance at every value. */
export function floatSteps(values: Float32Array, rounding: Rounding): Float64Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const byExponent = STEPS[rounding]
  const steps = new Float64Array(values.length)
  for (let i = 0; i < steps.length; i++) steps[i] = byExponent[((bits[i] ?? NaN) >>> 23) & 0xff] ?? NaN
  return steps
}

function stepsOf(rounding: Rounding): Float64Array {
  const { fractionBits, smallestExponent } = FORMATS[rounding]
  return Float64Array.from(
    { length: 256 },
    (_, biased) => 2 ** (Math.max(biased - 127, smallestExponent) - fractionBits),
  )
}

/** The coarsest type that has all of the values. bfloat16 is coarser than float16 in the range of logits. */
export function roundingOfValues(values: Float32Array): Rounding {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  // bfloat16 is the upper half of a float32.
  if (bits.every((word) => (word & 0xffff) === 0)) return 'bfloat16'
  const halves = toFloats(new Uint8Array(toHalves(values).buffer as ArrayBuffer), 'float16')
  // NaN is any of many bit patterns, and the same in all types.
  return values.every((value, i) => value === halves[i] || Number.isNaN(value)) ? 'float16' : 'float32'
}
