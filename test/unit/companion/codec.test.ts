import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeMessage } from '../../../src/companion/codec'

const roundTrip = (value: unknown) => decodeMessage(encodeMessage(value).buffer)

/** A message with this head, followed by zeros. */
function withHead(head: string, arrayBytes = 0): ArrayBuffer {
  const text = new TextEncoder().encode(head)
  const message = new Uint8Array(Math.ceil((4 + text.length) / 8) * 8 + arrayBytes)
  new DataView(message.buffer).setUint32(0, text.length, true)
  message.set(text, 4)
  return message.buffer
}

describe('The codec', () => {
  it('decodes plain data and every type of array bit for bit', () => {
    const anArray = fc.oneof(
      fc.uint8Array(),
      fc.int32Array(),
      fc.uint32Array(),
      fc.float32Array(),
      fc.float64Array(),
    )
    const aPart = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      anArray,
      fc.array(anArray),
    )
    fc.assert(
      fc.property(fc.record({ a: aPart, b: fc.record({ c: aPart }), list: fc.array(aPart) }), (value) => {
        expect(roundTrip(value)).toEqual(value)
      }),
    )
  })

  it('encodes only the part of a buffer that a view covers', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5)

    expect(roundTrip([bytes.subarray(1, 3)])).toEqual([Uint8Array.of(2, 3)])
  })

  it.each([
    ['NaN', { x: Number.NaN }],
    ['infinity', [Number.POSITIVE_INFINITY]],
    ['an array of another type', { x: new Int16Array(2) }],
    ['an object with the reserved key', { x: { $array: ['Uint8Array', 0, 1] } }],
  ])('throws when it encodes %s', (_, value) => {
    expect(() => encodeMessage(value)).toThrow()
  })

  it.each([
    ['an empty message', new ArrayBuffer(0)],
    ['a head longer than the message', Uint32Array.of(9, 0).buffer],
    ['a head that is not JSON', withHead('{')],
    ['an array after the end', withHead('{"$array":["Float64Array",0,2]}', 8)],
    ['a misaligned array', withHead('{"$array":["Float64Array",4,1]}', 16)],
    ['an array before the start', withHead('{"$array":["Uint8Array",-4,1]}', 8)],
    ['an array of an unknown type', withHead('{"$array":["constructor",0,1]}', 8)],
    ['an array without a length', withHead('{"$array":["Uint8Array",0]}', 8)],
  ])('throws when it decodes %s', (_, message) => {
    expect(() => decodeMessage(message)).toThrow()
  })
})
