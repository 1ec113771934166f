// The number formats of checkpoints, and their conversion to and from float32.

import { assertNever } from '../../shared/assertNever'
import { elementAt } from '../../shared/elementAt'

export type FloatType = 'float32' | 'float16' | 'bfloat16'

/** Converts stored numbers to float32, which represents all of them exactly. */
export function toFloats(bytes: Uint8Array<ArrayBuffer>, type: FloatType): Float32Array {
  switch (type) {
    case 'float32':
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    case 'float16':
      return halvesToFloats(halvesOf(bytes))
    case 'bfloat16':
      // bfloat16 is the upper half of a float32.
      return new Float32Array(mapped(halvesOf(bytes), Uint32Array, (half) => half << 16).buffer)
    default:
      return assertNever(type)
  }
}

/** Converts to IEEE 754 binary16, rounding to nearest, ties to even. */
export function toHalves(floats: Float32Array): Uint16Array {
  return mapped(new Uint32Array(floats.buffer, floats.byteOffset, floats.length), Uint16Array, halfBits)
}

type Numbers = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>

/**
 * The numbers in another type. `from` of typed arrays would make an ordinary array first, and one of 134 million
 * elements ends the whole process.
 */
function mapped<T extends Numbers>(
  numbers: Uint32Array | Uint16Array,
  Type: new (length: number) => T,
  convert: (value: number) => number,
): T {
  const result = new Type(numbers.length)
  for (let i = 0; i < numbers.length; i++) result[i] = convert(elementAt(numbers, i))
  return result
}

function halvesOf(bytes: Uint8Array<ArrayBuffer>): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
}

/** Every float16, by its bits: a table is ten times as fast as arithmetic, and a file has 50 million numbers. */
let numberOfHalf: Float32Array | undefined

function halvesToFloats(halves: Uint16Array): Float32Array {
  numberOfHalf ??= Float32Array.from({ length: 1 << 16 }, (_, half) => halfToNumber(half))
  const floats = new Float32Array(halves.length)
  // `elementAt` is called for lists of many types, which makes it as slow as the arithmetic.
  for (let i = 0; i < halves.length; i++) floats[i] = numberOfHalf[halves[i] ?? 0] ?? NaN
  return floats
}

/** IEEE 754 binary16: 1 bit sign, 5 bits exponent, 10 bits fraction. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** @param bits of a float32 */
function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  const exponent = magnitude >>> 23
  if (exponent >= 143) return sign | 0x7c00
  if (exponent >= 113) return sign | roundedShift(magnitude - (112 << 23), 13)
  // Subnormal, in units of 2⁻²⁴.
  return exponent < 102 ? sign : sign | roundedShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent)
}

/** bits / 2^places, rounded to nearest, ties to even. */
export function roundedShift(bits: number, places: number): number {
  const half = 2 ** (places - 1)
  return Math.floor((bits + half - 1 + ((bits >>> places) & 1)) / 2 ** places)
}
