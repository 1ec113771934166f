import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeMessage } from '../../../src/companion/codec'

const roundTrip = (value: unknown) => decodeMessage(encodeMessage(value).buffer)

/** A message whose head is this text. */
function withHead(head: string, bytesBehind = 0): ArrayBuffer {
  const text = new TextEncoder().encode(head)
  const message = new Uint8Array(Math.ceil((4 + text.length) / 8) * 8 + bytesBehind)
  new DataView(message.buffer).setUint32(0, text.length, true)
  message.set(text, 4)
  return message.buffer
}

describe('the wire form', () => {
  it('gives back plain data and every kind of array, bit for bit', () => {
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

  it('takes of a view what the view shows', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5)

    expect(roundTrip([bytes.subarray(1, 3)])).toEqual([Uint8Array.of(2, 3)])
  })

  it.each([
    ['NaN', { x: Number.NaN }],
    ['infinity', [Number.POSITIVE_INFINITY]],
    ['an array of another kind', { x: new Int16Array(2) }],
    ['an object that looks like an array', { x: { $array: ['Uint8Array', 0, 1] } }],
  ])('refuses to send %s', (_, value) => {
    expect(() => encodeMessage(value)).toThrow()
  })

  it.each([
    ['nothing', new ArrayBuffer(0)],
    ['a head longer than the message', Uint32Array.of(9, 0).buffer],
    ['a head that is no JSON', withHead('{')],
    ['an array behind the end', withHead('{"$array":["Float64Array",0,2]}', 8)],
    ['an array between two elements', withHead('{"$array":["Float64Array",4,1]}', 16)],
    ['an array before the beginning', withHead('{"$array":["Uint8Array",-4,1]}', 8)],
    ['an array of an unknown kind', withHead('{"$array":["constructor",0,1]}', 8)],
    ['an array without a length', withHead('{"$array":["Uint8Array",0]}', 8)],
  ])('refuses %s', (_, message) => {
    expect(() => decodeMessage(message)).toThrow()
  })
})
