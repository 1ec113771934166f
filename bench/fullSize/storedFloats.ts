/** The types that GPT-2 checkpoints are stored in. */
export type FloatType = 'F32' | 'F16' | 'BF16'

export const BYTES_PER_FLOAT: Record<FloatType, number> = { F32: 4, F16: 2, BF16: 2 }

/** The values, rounded to float32 and then to the type, to the nearest and to even where two are as near. */
export function storedFloats(type: FloatType, values: Float64Array): Uint8Array {
  const floats = Float32Array.from(values)
  if (type === 'F32') return new Uint8Array(floats.buffer)
  const bits = new Uint32Array(floats.buffer)
  const stored = Uint16Array.from(bits, type === 'F16' ? halfBits : brainBits)
  return new Uint8Array(stored.buffer)
}

/** IEEE 754 binary16; beyond 65,504 it is infinite. */
function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  const exponent = magnitude >>> 23
  if (exponent >= 143) return sign | 0x7c00
  if (exponent >= 113) return sign | roundedShift(magnitude - (112 << 23), 13)
  // Subnormal, in units of 2⁻²⁴.
  if (exponent < 102) return sign
  return sign | roundedShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent)
}

/** The upper half of a float32; a number that is none stays so. */
function brainBits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40
  return roundedShift(bits, 16)
}

/** bits / 2^places, to the nearest, to even where two are as near. */
function roundedShift(bits: number, places: number): number {
  const half = 2 ** (places - 1)
  return Math.floor((bits + half - 1 + ((bits >>> places) & 1)) / 2 ** places)
}
