import { describe, expect, it } from 'vitest'
import { bytesInMemory } from '../../../../src/model/formats/byteSource'
import { readSafetensorsHeader } from '../../../../src/model/formats/safetensors'
import { SafetensorsError } from '../../../../src/shared/errors'
import { fileWithHeader, float32Bytes, safetensors } from '../../../support/checkpoints/checkpointBytes'

const A = { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] }
const B = { dtype: 'F16', shape: [3], data_offsets: [16, 22] }
const DATA = new Uint8Array(22)

const read = (file: Uint8Array) => readSafetensorsHeader(bytesInMemory(file), 'model.safetensors')
const fileOf = (header: unknown, data = DATA) => fileWithHeader(JSON.stringify(header), data)

describe('A well-formed safetensors file', () => {
  it('gives the position, type and shape of every tensor', async () => {
    const header = JSON.stringify({ __metadata__: { format: 'pt' }, b: B, a: A })
    const start = 8 + header.length
    expect(await read(fileWithHeader(header, DATA))).toEqual(
      new Map([
        ['b', { dtype: 'F16', shape: [3], offset: start + 16, byteLength: 6 }],
        ['a', { dtype: 'F32', shape: [2, 2], offset: start, byteLength: 16 }],
      ]),
    )
  })

  it('may pad its header with spaces', async () => {
    expect((await read(fileWithHeader(`${JSON.stringify({ a: A })}     `, DATA.subarray(6)))).size).toBe(1)
  })

  it('may contain scalars', async () => {
    const scalar = { dtype: 'F32', shape: [], data_offsets: [0, 4] }
    expect((await read(fileOf({ scalar }, new Uint8Array(4)))).get('scalar')?.shape).toEqual([])
  })

  it('may contain a tensor without elements at the start of another', async () => {
    const empty = { dtype: 'F32', shape: [0], data_offsets: [0, 0] }
    expect((await read(fileOf({ a: A, empty, b: B }))).size).toBe(3)
  })

  it('may contain no tensors', async () => {
    expect((await read(fileOf({}, new Uint8Array(0)))).size).toBe(0)
  })

  it('may contain a tensor named like a property of every object', async () => {
    const tensor = { dtype: 'F32', shape: [1], bytes: float32Bytes([1]) }
    const file = safetensors(new Map([['constructor', tensor]]))
    expect([...(await read(file)).keys()]).toEqual(['constructor'])
  })
})

describe('A file is refused', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['that is empty', new Uint8Array(0), /only 0 bytes/],
    ['that ends inside the header’s length', new Uint8Array(7), /only 7 bytes/],
    ['whose header is longer than the file', fileOf({ a: A, b: B }).subarray(0, 40), /longer than the file/],
    [
      'whose header claims terabytes',
      fileWithHeader('{}', DATA, 2n ** 42n),
      /claims 4,398,046,511,104 bytes/,
    ],
    ['whose header claims all that 64 bits can', fileWithHeader('{}', DATA, 2n ** 64n - 1n), /claims/],
    ['whose header is not JSON', fileWithHeader('{"a": ', DATA), /not JSON/],
    ['whose header has no bytes', fileWithHeader('', DATA), /not JSON/],
    ['whose header is not UTF-8', fileWithHeader(Uint8Array.of(0x22, 0xff, 0x22), DATA), /not JSON/],
    ['whose header is a list', fileOf([A, B]), /not an object/],
    ['whose header is null', fileOf(null), /not an object/],
    [
      'that is cut off inside a tensor',
      fileOf({ a: A, b: B }, DATA.subarray(0, 20)),
      /cut off inside tensor b/,
    ],
    [
      'that is cut off before a tensor',
      fileOf({ a: A, b: B }, DATA.subarray(0, 16)),
      /cut off inside tensor b/,
    ],
    [
      'that continues after its tensors',
      fileOf({ a: A, b: B }, new Uint8Array(25)),
      /3 bytes that belong to no tensor/,
    ],
    [
      'whose tensors overlap',
      fileOf({ a: A, b: { ...B, data_offsets: [14, 20] } }),
      /tensor b overlaps another/,
    ],
    ['that has one tensor inside another', fileOf({ a: A, b: { ...B, data_offsets: [4, 10] } }), /overlaps/],
    [
      'that has a gap between tensors',
      fileOf({ a: A, b: { ...B, data_offsets: [18, 24] } }),
      /gap before tensor b/,
    ],
    ['that has a gap before the first tensor', fileOf({ b: B }), /gap before tensor b/],
  ])('%s', async (_, file, message) => {
    await expectRefusal(file, message)
  })

  it.each<[string, unknown, RegExp]>([
    ['of an unknown type', { ...A, dtype: 'F31' }, /unknown type "F31"/],
    ['of a type named like a property of every object', { ...A, dtype: 'constructor' }, /unknown type/],
    ['without a type', { shape: [2, 2], data_offsets: [0, 16] }, /unknown type/],
    ['that is null', null, /unknown type/],
    ['that is a text', 'F32', /unknown type/],
    ['whose bytes do not fit its type', { ...A, dtype: 'F16' }, /16 bytes where F16 \[2, 2\] takes 8/],
    ['whose bytes do not fit its shape', { ...A, shape: [2, 3] }, /16 bytes where F32 \[2, 3\] takes 24/],
    ['without a shape', { dtype: 'F32', data_offsets: [0, 16] }, /no valid shape/],
    ['with a negative length', { ...A, shape: [-2, -2] }, /no valid shape/],
    ['with a broken length', { ...A, shape: [1.5, 2] }, /no valid shape/],
    ['with a length that is a text', { ...A, shape: ['2', 2] }, /no valid shape/],
    ['with a length above the largest safe integer', { ...A, shape: [2 ** 53, 2] }, /no valid shape/],
    ['without offsets', { dtype: 'F32', shape: [2, 2] }, /no valid data_offsets/],
    ['with one offset', { ...A, data_offsets: [16] }, /no valid data_offsets/],
    ['with three offsets', { ...A, data_offsets: [0, 16, 32] }, /no valid data_offsets/],
    ['with negative offsets', { ...A, data_offsets: [-16, 0] }, /no valid data_offsets/],
    ['that ends before it begins', { ...A, data_offsets: [16, 0] }, /no valid data_offsets/],
  ])('with a tensor %s', async (_, tensor, message) => {
    await expectRefusal(fileOf({ a: tensor }, new Uint8Array(16)), message)
  })
})

async function expectRefusal(file: Uint8Array, message: RegExp): Promise<void> {
  const reading = read(file)
  await expect(reading).rejects.toThrow(SafetensorsError)
  await expect(reading).rejects.toThrow(message)
}
