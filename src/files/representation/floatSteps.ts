// The distance of neighbouring numbers in a float type, which rounding errors are measured in.

import { toFloats, toHalves } from '../../model/formats/floats'
import { elementAt } from '../../shared/elementAt'
import type { Rounding } from './representation'

interface FloatFormat {
  /** Bits after the binary point of a normal number. */
  readonly fractionBits: number
  /** Of the least normal number; below it the distance stays the same. */
  readonly smallestExponent: number
}

const FORMATS: Readonly<Record<Rounding, FloatFormat>> = {
  float32: { fractionBits: 23, smallestExponent: -126 },
  float16: { fractionBits: 10, smallestExponent: -14 },
  bfloat16: { fractionBits: 7, smallestExponent: -126 },
}

/** For the exponent of a float32: a logarithm takes five times as long, and a row has 50,257 values. */
const float = new Float32Array(1)
const floatBits = new Uint32Array(float.buffer)

/**
 * The distance of two neighbouring numbers of a type at a value, which is taken as a float32; rounding to nearest errs by
 * at most half of it.
 */
export function floatStep(value: number, rounding: Rounding): number {
  const { fractionBits, smallestExponent } = FORMATS[rounding]
  float[0] = value
  const exponent = ((elementAt(floatBits, 0) >>> 23) & 0xff) - 127
  return 2 ** (Math.max(exponent, smallestExponent) - fractionBits)
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
