// Elements of arrays as numbers.

import { type FloatType, toFloats } from '../../model/formats/floats'
import { assertNever } from '../../shared/assertNever'
import { BYTES_PER_ELEMENT, type FloatElement, type IntegerElement, type StoredArray } from './storedArray'

type ByteOrder = StoredArray['byteOrder']

/** Converts elements to float32; float64 is rounded. `bytes` may be changed. */
export function decodeFloats(bytes: Uint8Array, type: FloatElement, byteOrder: ByteOrder): Float32Array {
  const own = littleEndian(bytes, BYTES_PER_ELEMENT[type], byteOrder)
  switch (type) {
    case 'float64':
      return Float32Array.from(new Float64Array(own.buffer, own.byteOffset, own.length / 8))
    case 'float32':
    case 'float16':
    case 'bfloat16':
      return toFloats(own, type satisfies FloatType)
    default:
      return assertNever(type)
  }
}

/** Converts integers to numbers. Integers beyond 2⁵³ are rounded. `bytes` may be changed. */
export function decodeIntegers(bytes: Uint8Array, type: IntegerElement, byteOrder: ByteOrder): Float64Array {
  const { buffer, byteOffset, length } = littleEndian(bytes, BYTES_PER_ELEMENT[type], byteOrder)
  const elements = length / BYTES_PER_ELEMENT[type]
  switch (type) {
    case 'int8':
      return Float64Array.from(new Int8Array(buffer, byteOffset, elements))
    case 'uint8':
      return Float64Array.from(new Uint8Array(buffer, byteOffset, elements))
    case 'int16':
      return Float64Array.from(new Int16Array(buffer, byteOffset, elements))
    case 'uint16':
      return Float64Array.from(new Uint16Array(buffer, byteOffset, elements))
    case 'int32':
      return Float64Array.from(new Int32Array(buffer, byteOffset, elements))
    case 'uint32':
      return Float64Array.from(new Uint32Array(buffer, byteOffset, elements))
    case 'int64':
      return Float64Array.from(new BigInt64Array(buffer, byteOffset, elements), Number)
    case 'uint64':
      return Float64Array.from(new BigUint64Array(buffer, byteOffset, elements), Number)
    default:
      return assertNever(type)
  }
}

/** The bytes at a multiple of the element's size, as typed arrays need them, least significant byte first. */
function littleEndian(
  bytes: Uint8Array,
  elementBytes: number,
  byteOrder: ByteOrder,
): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset } = bytes
  const own =
    byteOffset % elementBytes === 0 && buffer instanceof ArrayBuffer
      ? new Uint8Array(buffer, byteOffset, bytes.length)
      : new Uint8Array(bytes)
  if (byteOrder === 'big')
    for (let start = 0; start < own.length; start += elementBytes)
      own.subarray(start, start + elementBytes).reverse()
  return own
}
