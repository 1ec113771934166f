// A value with typed arrays in it as bytes: JSON in which each array is replaced by its place, then the arrays.

import { isRecord } from '../../../shared/isRecord'

/** Arrays begin at multiples of this many bytes. */
const ALIGNMENT = 4

/** Encodes plain data with Float32Arrays and Int32Arrays in it, without going through their numbers. */
export function encodeArraysInJson(value: unknown): Uint8Array {
  const arrays: (Float32Array | Int32Array)[] = []
  let length = 0
  const json = JSON.stringify(value, (_, item: unknown): unknown => {
    if (!(item instanceof Float32Array) && !(item instanceof Int32Array)) return item
    const place = [length, item.length]
    arrays.push(item)
    length += item.length
    return item instanceof Float32Array ? { float32: place } : { int32: place }
  })
  const text = new TextEncoder().encode(json)
  const start = ALIGNMENT * Math.ceil((ALIGNMENT + text.length) / ALIGNMENT)
  const bytes = new Uint8Array(start + length * ALIGNMENT)
  new DataView(bytes.buffer).setUint32(0, text.length, true)
  bytes.set(text, ALIGNMENT)
  let at = start
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at)
    at += byteLength
  }
  return bytes
}

/**
 * The value of `encodeArraysInJson`.
 * @throws RangeError or SyntaxError if the bytes are incomplete
 */
export function decodeArraysInJson(bytes: Uint8Array): unknown {
  const textLength = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true)
  const text = new TextDecoder().decode(bytes.subarray(ALIGNMENT, ALIGNMENT + textLength))
  const start = ALIGNMENT * Math.ceil((ALIGNMENT + textLength) / ALIGNMENT)
  const { buffer } = Uint8Array.from(bytes.subarray(start))
  return JSON.parse(text, (_, item: unknown): unknown => {
    if (!isRecord(item)) return item
    const { float32, int32 } = item
    // Copies, because a message to the panel takes the whole buffer of each array along.
    if (isPlace(float32)) return new Float32Array(buffer, ALIGNMENT * float32[0], float32[1]).slice()
    return isPlace(int32) ? new Int32Array(buffer, ALIGNMENT * int32[0], int32[1]).slice() : item
  })
}

function isPlace(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((number) => Number.isSafeInteger(number))
}
