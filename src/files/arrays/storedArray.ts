import type { ArrayFileError } from '../source/errors'
import type { RawBytes } from './rawBytes'

export type FloatElement = 'float16' | 'bfloat16' | 'float32' | 'float64'
export type IntegerElement = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64'
export type ElementType = FloatElement | IntegerElement

export const BYTES_PER_ELEMENT: Readonly<Record<ElementType, number>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  float16: 2,
  bfloat16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
}

export type ElementOrder = 'C' | 'F'

/** An array of numbers in a file. */
export interface StoredArray {
  readonly kind: 'array'
  /** Null in a format with one array without name. */
  readonly name: string | null
  /** The type as the file names it. */
  readonly dtype: string
  readonly type: ElementType
  readonly byteOrder: 'little' | 'big'
  readonly shape: readonly number[]
  readonly order: ElementOrder
  readonly bytes: RawBytes
  /** Sentences about what is unusual in it. */
  readonly remarks: readonly string[]
}

/** An array that cannot be read; `error` says why. It matters only if the array is needed. */
export interface RefusedArray {
  readonly kind: 'refused'
  readonly name: string | null
  readonly error: ArrayFileError
}

/** The arrays of a file in their order. */
export type ArrayEntry = StoredArray | RefusedArray

export function isFloat(type: ElementType): type is FloatElement {
  return type === 'float16' || type === 'bfloat16' || type === 'float32' || type === 'float64'
}
