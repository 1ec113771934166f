// The few parts of Protocol Buffers' wire format that an ONNX model needs:
// https://protobuf.dev/programming-guides/encoding/

import { concatBytes } from '../shared/bytes'

/** Encoded fields of a message, in pieces. */
export type Fields = readonly Uint8Array[]

const WIRE_VARINT = 0
const WIRE_LENGTH_DELIMITED = 2
const WIRE_FIXED32 = 5

/** An int64 or enum field; `value` is a safe integer. */
export function intField(field: number, value: number): Uint8Array {
  return concatBytes([varint(tag(field, WIRE_VARINT)), varint(value)])
}

/** A float field. */
export function floatField(field: number, value: number): Uint8Array {
  return concatBytes([varint(tag(field, WIRE_FIXED32)), new Uint8Array(new Float32Array([value]).buffer)])
}

/** A string field. */
export function stringField(field: number, value: string): Uint8Array {
  return bytesField(field, new TextEncoder().encode(value))
}

/** A bytes field. */
export function bytesField(field: number, value: Uint8Array): Uint8Array {
  return concatBytes([varint(tag(field, WIRE_LENGTH_DELIMITED)), varint(value.length), value])
}

/** A field that holds a message. */
export function messageField(field: number, fields: Fields): Uint8Array {
  return bytesField(field, concatBytes(fields))
}

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType
}

/** Negative numbers take ten bytes, as two's complement of 64 bits. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}
