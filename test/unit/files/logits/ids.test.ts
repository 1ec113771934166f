import { describe, expect, it } from 'vitest'
import { ArrayFileError } from '../../../../src/files/source/errors'
import { fileInMemory } from '../../../../src/files/source/fileSource'
import { openIds } from '../../../../src/files/logits/ids'
import { openLogits } from '../../../../src/files/logits/openLogits'
import { float32Bytes } from '../../../support/checkpoints/checkpointBytes'
import { npyBytes, zipBytes } from '../../../support/files/arrayWriters'
import { logitsRow, V } from '../../../support/files/savedLogits'

const LOGITS = npyBytes({ shape: [1, V], data: float32Bytes(logitsRow(1)) })
const int32 = (ids: number[], shape = [ids.length]) =>
  npyBytes({ descr: '<i4', shape, data: new Uint8Array(Int32Array.from(ids).buffer) })
const text = (content: string) => fileInMemory('ids.txt', new TextEncoder().encode(content))
const idsWith = async (arrays: Record<string, Uint8Array>) => (await withArrays(arrays)).ids
const withArrays = (arrays: Record<string, Uint8Array>) =>
  openLogits(fileInMemory('a.npz', zipBytes({ 'logits.npy': LOGITS, ...arrays })))

describe('The ids beside the logits', () => {
  it.each(['ids', 'input_ids', 'token_ids', 'tokens', 'anything'])(
    'are found under the name %s',
    async (name) => {
      expect(await idsWith({ [`${name}.npy`]: int32([5, 6]) })).toEqual(Int32Array.of(5, 6))
    },
  )

  it.each([[[1, 2]], [[2, 1]]])('may have one more axis, which a remark says: %j', async (shape) => {
    const { ids, remarks } = await withArrays({ 'ids.npy': int32([5, 6], shape) })

    expect(ids).toEqual(Int32Array.of(5, 6))
    expect(remarks).toEqual([`ids in a.npz has the shape [${shape.join(', ')}] and was read as 2 tokens.`])
  })

  it('have no remark as a plain list', async () => {
    expect((await withArrays({ 'ids.npy': int32([5, 6]) })).remarks).toEqual([])
  })

  it('are those of the usual name among several sequences', async () => {
    expect(await idsWith({ 'labels.npy': int32([6, 7]), 'input_ids.npy': int32([5, 6]) })).toEqual(
      Int32Array.of(5, 6),
    )
  })

  it.each<[string, Record<string, Uint8Array>]>([
    ['no sequence of integers', {}],
    ['several sequences without a usual name', { 'a.npy': int32([1]), 'b.npy': int32([2]) }],
    ['labels that are not ids', { 'labels.npy': int32([5, -100]) }],
  ])('are unknown with %s', async (_, arrays) => {
    expect(await idsWith(arrays)).toBeUndefined()
  })

  it.each<[string, Uint8Array, RegExp]>([
    [
      'with an id outside of the vocabulary',
      int32([5, 50257]),
      /ids in a.npz has 50257 at index 1; GPT-2’s token ids are 0 to 50,256/,
    ],
    [
      'of several texts',
      int32([1, 2, 3, 4], [2, 2]),
      /ids in a.npz has the shape \[2, 2\], which is not a list of token ids/,
    ],
    ['with three axes', int32([1, 2], [1, 1, 2]), /the shape \[1, 1, 2\], which is not a list/],
    ['without axis', int32([1], []), /the shape \[\], which is not a list/],
    ['of floats', npyBytes({ shape: [1], data: float32Bytes([5]) }), /no token ids: its type is <f4/],
  ])('are refused: %s', async (_, ids, message) => {
    const opened = idsWith({ 'ids.npy': ids })

    await expect(opened).rejects.toThrow(message)
    await expect(opened).rejects.toBeInstanceOf(ArrayFileError)
  })
})

describe('A file of ids', () => {
  it.each<[string, string]>([
    ['JSON', '[5, 6, 50256]\n'],
    ['Python’s tuple', '(5, 6, 50256,)'],
    ['lines', '5\r\n6\r\n50256\r\n'],
    ['one row of a table', '5,6,50256'],
  ])('may be a text: %s', async (_, content) => {
    expect(await openIds(text(content))).toEqual({ tokenIds: Int32Array.of(5, 6, 50256), remarks: [] })
  })

  it.each(['[[5, 6]]', '([5,\n 6],)'])(
    'may have a list in a list, which a remark says: %s',
    async (content) => {
      expect(await openIds(text(content))).toEqual({
        tokenIds: Int32Array.of(5, 6),
        remarks: ['ids.txt has a list in a list, which was read as 2 tokens.'],
      })
    },
  )

  it.each<[number[], string[]]>([
    [[2], []],
    [[1, 2], ['ids.npy has the shape [1, 2] and was read as 2 tokens.']],
  ])('may be an array of the shape %j', async (shape, remarks) => {
    const ids = await openIds(fileInMemory('ids.npy', int32([5, 6], shape)))

    expect(ids).toEqual({ tokenIds: Int32Array.of(5, 6), remarks })
  })

  it.each([[[2, 2]], [[1, 1, 4]], [[4, 1, 1]]])('is refused in the shape %j', async (shape) => {
    const opened = openIds(fileInMemory('ids.npy', int32([5, 6, 7, 8], shape)))

    await expect(opened).rejects.toThrow(`ids.npy has the shape [${shape.join(', ')}], which is not a list`)
    await expect(opened).rejects.toBeInstanceOf(ArrayFileError)
  })

  it.each<[string, string, RegExp]>([
    ['text', 'the cat sat', /neither .npy nor .npz/],
    ['numbers with a fraction', '[0.5, 1.5]', /neither .npy nor .npz/],
    ['an id outside of the vocabulary', '[5, 60000]', /60000 at index 1/],
    ['two texts', '[[5, 6], [7, 8]]', /ids.txt is not one list of token ids/],
    ['two lists', '(5, 6)\n(7, 8)', /not one list/],
    ['lists of lists in a list', '[[[5, 6]]]', /not one list/],
  ])('is refused with %s', async (_, content, message) => {
    await expect(openIds(text(content))).rejects.toThrow(message)
  })

  it('is refused without integers', async () => {
    await expect(openIds(fileInMemory('logits.npy', LOGITS))).rejects.toThrow(/logits.npy has no token ids/)
  })
})
