import { describe, expect, it } from 'vitest'
import { type ByteSource, bytesInMemory } from '../../../../src/model/formats/byteSource'
import type { CheckpointLimits } from '../../../../src/model/formats/checkpointLimits'
import type { ModelFiles } from '../../../../src/model/formats/modelFiles'
import { MAX_HEADER_BYTES, readSafetensorsHeader } from '../../../../src/model/formats/safetensors'
import { openShards, tensorsOf } from '../../../../src/model/formats/storedTensors'
import { parseConfig } from '../../../../src/model/gpt2/config'
import { SafetensorsError } from '../../../../src/shared/errors'
import { fileWithHeader, safetensors } from '../../../support/checkpoints/checkpointBytes'

/** Shards of one tensor each, without elements. */
function shards(count: number): Map<string, Uint8Array> {
  return new Map(
    Array.from({ length: count }, (_, i) => {
      const tensor = { dtype: 'F32', shape: [0], bytes: new Uint8Array(0) }
      return [`${i}.safetensors`, safetensors(new Map([[`t${i}`, tensor]]))]
    }),
  )
}

function indexOf(files: ReadonlyMap<string, unknown>): string {
  return JSON.stringify({
    weight_map: Object.fromEntries([...files.keys()].map((file, i) => [`t${i}`, file])),
  })
}

function inMemory(files: ReadonlyMap<string, Uint8Array>): ModelFiles {
  return {
    place: 'memory',
    names: () => Promise.resolve([...files.keys()]),
    open: (name) => Promise.resolve(bytesInMemory(files.get(name) ?? new Uint8Array(0))),
  }
}

const GENEROUS: CheckpointLimits = { headerBytes: 1e6, tensors: 100, shards: 100 }
const files = shards(3)
const open = (limits: Partial<CheckpointLimits>) =>
  openShards(inMemory(files), indexOf(files), { ...GENEROUS, ...limits })

describe('The limits of a checkpoint', () => {
  it('allow values that are exactly at the limit', async () => {
    const headerBytes = [...files.values()].reduce((sum, file) => sum + file.length - 8, 0)
    expect((await open({ headerBytes, tensors: 3, shards: 3 })).byName.size).toBe(3)
  })

  it('count the headers of all shards together', async () => {
    const opening = open({ headerBytes: 200 })
    await expect(opening).rejects.toThrow(SafetensorsError)
    await expect(opening).rejects.toThrow(
      '2.safetensors cannot be used: the checkpoint’s headers have more than 200 bytes together. Is it a GPT-2 model?',
    )
  })

  it('count the shards', async () => {
    const opening = open({ shards: 2 })
    await expect(opening).rejects.toThrow(SafetensorsError)
    await expect(opening).rejects.toThrow('it has 3 shards; at most 2 are supported')
  })

  it('count the tensors of the index', async () => {
    const opening = open({ tensors: 2 })
    await expect(opening).rejects.toThrow(SafetensorsError)
    await expect(opening).rejects.toThrow('it has 3 tensors; at most 2 are supported')
  })

  it('count the tensors of all shards, also of those that the index does not name', async () => {
    const tensor = { dtype: 'F32', shape: [0], bytes: new Uint8Array(0) }
    const more = safetensors(
      new Map([
        ['t0', tensor],
        ['hidden', tensor],
      ]),
    )
    const opening = openShards(inMemory(new Map(files).set('0.safetensors', more)), indexOf(files), {
      ...GENEROUS,
      tensors: 3,
    })
    await expect(opening).rejects.toThrow('the checkpoint has more than 3 tensors')
  })

  it('stop after two of sixty shards with headers of 16 MB, before the third header is read', async () => {
    const large = new Map(Array.from({ length: 60 }, (_, i) => [`${i}.safetensors`, i]))
    let headersRead = 0
    const file = bytesInMemory(fileWithHeader('{}'.padEnd(MAX_HEADER_BYTES)))
    const source: ByteSource = {
      ...file,
      read: (offset, length) => {
        if (offset > 0) headersRead++
        return file.read(offset, length)
      },
    }
    const opening = openShards(
      { ...inMemory(new Map()), open: () => Promise.resolve(source) },
      indexOf(large),
    )
    await expect(opening).rejects.toThrow('more than 33,554,432 bytes together')
    expect(headersRead).toBe(2)
  })

  it('apply to a single file with 100,001 tensors', async () => {
    const header = JSON.stringify(Object.fromEntries(Array.from({ length: 100_001 }, (_, i) => [i, 0])))
    await expect(tensorsOf(bytesInMemory(fileWithHeader(header)))).rejects.toThrow(
      'the checkpoint has more than 100,000 tensors',
    )
  })

  it('apply to an index with 1,001 shards', async () => {
    const many = new Map(Array.from({ length: 1001 }, (_, i) => [`${i}.safetensors`, i]))
    await expect(openShards(inMemory(new Map()), indexOf(many))).rejects.toThrow(
      'it has 1,001 shards; at most 1,000 are supported',
    )
  })
})

/** Occurs in no message of ours. */
const MARK = '✗'
const LONG = MARK.repeat(1000)
const NAME = MARK.repeat(200)
const read = (header: unknown, file = 'f') =>
  readSafetensorsHeader(bytesInMemory(fileWithHeader(JSON.stringify(header), new Uint8Array(8))), file)
const openIndex = (weightMap: object) =>
  openShards(inMemory(new Map()), JSON.stringify({ weight_map: weightMap }), GENEROUS)
const numbers = Array.from({ length: 16 }, () => Number.MAX_SAFE_INTEGER)

describe('An error', () => {
  it.each<[string, () => unknown]>([
    ['a long name and type', () => read({ [NAME]: { dtype: LONG } }, `${LONG}.safetensors`)],
    ['a name that is too long', () => read({ [LONG]: 0 })],
    [
      'a tensor outside of the file',
      () => read({ [NAME]: { dtype: 'U8', shape: [99], data_offsets: [0, 99] } }),
    ],
    ['a gap', () => read({ [NAME]: { dtype: 'U8', shape: [4], data_offsets: [4, 8] } })],
    ['a long shape', () => read({ [NAME]: { dtype: 'U8', shape: numbers, data_offsets: [0, 8] } }, LONG)],
    ['a long name of a shard', () => openIndex({ [LONG]: LONG })],
    ['a missing shard', () => openIndex({ [LONG]: `${LONG}.safetensors` })],
    ['a long activation', () => parseConfig(JSON.stringify({ activation_function: LONG }))],
    ['a long model type', () => parseConfig(JSON.stringify({ model_type: LONG }))],
    ['a long size', () => parseConfig(JSON.stringify({ n_layer: LONG }))],
    ['a long flag', () => parseConfig(JSON.stringify({ tie_word_embeddings: LONG }))],
  ])('about %s quotes at most 200 characters of the file', async (_, work) => {
    const message = await messageOf(work)
    expect(message.split(MARK).length - 1).toBeLessThanOrEqual(200)
    expect(message.length).toBeLessThan(400)
  })

  const deep = '['.repeat(3e6) + ']'.repeat(3e6)
  it.each<[string, () => unknown, RegExp]>([
    [
      'the type of a tensor',
      () => readSafetensorsHeader(bytesInMemory(fileWithHeader(`{"a":{"dtype":${deep}}}`)), 'f'),
      /tensor a has the unknown type a list/,
    ],
    [
      'the name of a shard',
      () => openShards(inMemory(new Map()), `{"weight_map":{"a":${deep}}}`),
      /the shard of a is a list/,
    ],
    ['a size', () => parseConfig(`{"n_layer":${deep}}`), /n_layer is a list/],
    ['a flag', () => parseConfig(`{"scale_attn_weights":${deep}}`), /scale_attn_weights is a list/],
  ])(
    'about lists in lists, three million deep, as %s names the file and the place',
    async (_, work, message) => {
      expect(await messageOf(work)).toMatch(message)
    },
  )

  it.each<[string, () => unknown, string]>([
    [
      'layers',
      () => parseConfig('{"n_layer":400}'),
      'n_layer is 400; it must be a whole number from 1 to 200',
    ],
    [
      'sizes',
      () => parseConfig('{"n_layer":1,"n_embd":1000001}'),
      'n_embd is 1000001; it must be a whole number from 1 to 1,000,000',
    ],
    [
      'the header',
      () => readSafetensorsHeader(bytesInMemory(fileWithHeader('{}', new Uint8Array(9), 2n ** 32n)), 'f'),
      'its header claims 4,294,967,296 bytes; at most 16,777,216 are supported',
    ],
    ['names', () => read({ [LONG]: 0 }), 'name has 1,000 characters; at most 200 are supported'],
    [
      'dimensions',
      () => read({ a: { dtype: 'U8', shape: [...numbers, 1] } }),
      'tensor a has 17 dimensions; at most 16 are supported',
    ],
  ])('about too large %s names the limit', async (_, work, message) => {
    expect(await messageOf(work)).toContain(message)
  })
})

/** The message of the named error that `work` throws or rejects with. */
async function messageOf(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (error instanceof Error && error.constructor !== Error && !(error instanceof RangeError))
      return error.message
    throw error
  }
  throw new Error('nothing was refused')
}
