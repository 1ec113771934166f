import { describe, expect, it } from 'vitest'
import { bytesField, floatField, intField, messageField, stringField } from '../../../src/onnx/protobuf'

describe('intField', () => {
  it.each<[string, number, number, string]>([
    ['zero', 1, 0, '08 00'],
    ['the documentation’s example', 1, 150, '08 96 01'],
    ['the largest of one byte', 1, 127, '08 7f'],
    ['the smallest of two bytes', 1, 128, '08 80 01'],
    ['more than 32 bits', 1, 2 ** 32, '08 80 80 80 80 10'],
    ['the largest safe integer', 1, Number.MAX_SAFE_INTEGER, '08 ff ff ff ff ff ff ff 0f'],
    ['minus one, in ten bytes', 1, -1, '08 ff ff ff ff ff ff ff ff ff 01'],
    ['another negative', 1, -2, '08 fe ff ff ff ff ff ff ff ff 01'],
    ['a field number of two bytes', 20, 7, 'a0 01 07'],
  ])('encodes %s', (_, field, value, bytes) => {
    expect(hex(intField(field, value))).toBe(bytes)
  })
})

describe('Fields of other types', () => {
  it('encode a float as four bytes, little endian', () => {
    expect(hex(floatField(2, 1))).toBe('15 00 00 80 3f')
  })

  it('encode a string as UTF-8 after its length in bytes', () => {
    expect(hex(stringField(2, 'tésting'))).toBe('12 08 74 c3 a9 73 74 69 6e 67')
  })

  it('encode a message inside another', () => {
    expect(hex(messageField(3, [intField(1, 150)]))).toBe('1a 03 08 96 01')
  })

  it('encode a length that needs more than one byte', () => {
    const field = bytesField(1, new Uint8Array(300))
    expect(hex(field.subarray(0, 3))).toBe('0a ac 02')
    expect(field.length).toBe(303)
  })
})

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
}
