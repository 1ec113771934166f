import { roundedShift, toHalves } from '../../src/model/formats/floats'

/** The types that GPT-2 checkpoints are stored in. */
export type FloatType = 'F32' | 'F16' | 'BF16'

export const BYTES_PER_FLOAT: Record<FloatType, number> = { F32: 4, F16: 2, BF16: 2 }

/** The bytes of the values, rounded to float32 and then to the type: to nearest, ties to even. */
export function storedFloats(type: FloatType, values: Float64Array): Uint8Array {
  const floats = Float32Array.from(values)
  if (type === 'F32') return new Uint8Array(floats.buffer)
  const stored =
    type === 'F16' ? toHalves(floats) : Uint16Array.from(new Uint32Array(floats.buffer), brainBits)
  return new Uint8Array(stored.buffer)
}

/** The bits of a bfloat16: the rounded upper half of a float32. NaN stays NaN. */
function brainBits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40
  return roundedShift(bits, 16)
}
