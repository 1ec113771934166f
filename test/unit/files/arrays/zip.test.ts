import { describe, expect, it } from 'vitest'
import { openArrays } from '../../../../src/files/arrays/openArrays'
import { ArrayRows, isFloatArray } from '../../../../src/files/arrays/arrayRows'
import { RowBlocks } from '../../../../src/files/arrays/rowBlocks'
import { ArrayFileError, PickledArrayError } from '../../../../src/files/source/errors'
import { fileInMemory } from '../../../../src/files/source/fileSource'
import { concatBytes } from '../../../../src/shared/bytes'
import { float32Bytes } from '../../../support/checkpoints/checkpointBytes'
import { npyBytes, zipBytes, type ZipOptions } from '../../../support/files/arrayWriters'

const LOGITS = npyBytes({ shape: [2, 3], data: float32Bytes([1, 2, 3, 4, 5, 6]) })

describe('The second row of an array in an archive', () => {
  it.each<[string, ZipOptions]>([
    ['that is stored', {}],
    ['that is deflated', { method: 'deflated' }],
    ['with sizes of 64 bits', { sizes: '64 bits' }],
    ['that is deflated, with sizes of 64 bits', { method: 'deflated', sizes: '64 bits' }],
    ['with a comment', { comment: 'made by a test' }],
    ['with the signature of the end in its comment', { comment: `PK\u0005\u0006${' '.repeat(30)}` }],
  ])('%s is read', async (_, options) => {
    const [logits] = await openArrays(fileInMemory('a.npz', zipBytes({ 'logits.npy': LOGITS }, options)))

    expect(await rowOf(logits, 1)).toEqual(Float32Array.of(4, 5, 6))
  })
})

describe('An archive', () => {
  it('may have entries that are not arrays', async () => {
    const entries = await openArrays(
      fileInMemory('a.npz', zipBytes({ 'notes.txt': LOGITS, 'a.npy': LOGITS })),
    )

    expect(entries.map(({ name }) => name)).toEqual(['a'])
  })

  it('with a damaged array gives the other ones', async () => {
    const file = zipBytes({ 'broken.npy': new Uint8Array(20), 'logits.npy': LOGITS })

    const entries = await openArrays(fileInMemory('a.npz', file))

    expect(entries.map(({ kind }) => kind)).toEqual(['refused', 'array'])
  })

  it.each<[string, Uint8Array, RegExp]>([
    ['without arrays', zipBytes({ 'notes.txt': LOGITS }), /archive without arrays/],
    ['without entries', zipBytes({}), /archive without arrays/],
    [
      'with bytes before it',
      concatBytes([LOGITS.slice(0, 0), zipBytes({ 'a.npy': LOGITS }).slice(4)]),
      /neither/,
    ],
    ['whose directory is overwritten', damagedAt(zipBytes({ 'a.npy': LOGITS }), -73), /directory is damaged/],
    [
      'with two arrays of one name',
      twice(zipBytes({ 'a.npy': LOGITS, 'b.npy': LOGITS })),
      /two arrays of one name/,
    ],
    [
      'whose directory is outside of it',
      withDirectoryAt(zipBytes({ 'a.npy': LOGITS }), 2 ** 31),
      /directory is outside/,
    ],
    ['with too many entries', manyEntries(5000), /5,000 entries; at most 4,096/],
  ])('%s is refused', async (_, bytes, message) => {
    const opened = openArrays(fileInMemory('a.npz', bytes))

    await expect(opened).rejects.toThrow(message)
    await expect(opened).rejects.toBeInstanceOf(ArrayFileError)
  })

  it('of torch.save is refused with the line that converts it', async () => {
    const opened = openArrays(fileInMemory('my logits.pt', zipBytes({ 'archive/data.pkl': LOGITS })))

    await expect(opened).rejects.toThrow(
      'np.save("my logits.npy", torch.load("my logits.pt", weights_only=True).float().cpu().numpy())',
    )
    await expect(opened).rejects.toBeInstanceOf(PickledArrayError)
  })
})

describe('A deflated entry', () => {
  it('whose data is damaged is an error', async () => {
    const file = zipBytes(
      { 'logits.npy': npyBytes({ shape: [100, 100], data: noise(40_000) }) },
      { method: 'deflated' },
    )
    file.fill(0xff, 5_000, 5_100)

    const [logits] = await openArrays(fileInMemory('a.npz', file))

    await expect(rowOf(logits, 99)).rejects.toThrow(/compressed data is damaged/)
  })

  it('that inflates to less than its directory says is an error', async () => {
    const content = npyBytes({ shape: [100, 100], data: noise(40_000) })
    const file = zipBytes({ 'logits.npy': content.slice(0, -4) }, { method: 'deflated' })
    const sizeField = file.length - 22 - 'logits.npy'.length - 46 + 24
    new DataView(file.buffer).setUint32(sizeField, content.length, true)

    const [logits] = await openArrays(fileInMemory('a.npz', file))

    await expect(rowOf(logits, 99)).rejects.toThrow(/compressed data is damaged/)
  })

  it('that inflates to more than its directory says is an error', async () => {
    const file = zipBytes({ 'logits.npy': LOGITS }, { method: 'deflated' })
    const sizeField = file.length - 22 - 'logits.npy'.length - 46 + 24
    new DataView(file.buffer).setUint32(sizeField, LOGITS.length - 1, true)

    const [logits] = await openArrays(fileInMemory('a.npz', file))

    expect(logits?.kind).toBe('refused')
  })

  it('that ends after the archive is refused', async () => {
    const file = zipBytes({ 'logits.npy': LOGITS }, { method: 'deflated' })
    const compressedField = file.length - 22 - 'logits.npy'.length - 46 + 20
    new DataView(file.buffer).setUint32(compressedField, file.length, true)

    const [logits] = await openArrays(fileInMemory('a.npz', file))

    expect(logits?.kind === 'refused' && logits.error.message).toMatch(/logits.npy is outside of the file/)
  })

  it('that claims more than 2 GiB is refused', async () => {
    const file = zipBytes({ 'logits.npy': LOGITS }, { method: 'deflated' })
    new DataView(file.buffer).setUint32(file.length - 22 - 'logits.npy'.length - 46 + 24, 0x90000000, true)

    const [logits] = await openArrays(fileInMemory('a.npz', file))

    expect(logits?.kind === 'refused' && logits.error.message).toMatch(
      /2,415,919,104 bytes when decompressed/,
    )
  })
})

async function rowOf(entry: Awaited<ReturnType<typeof openArrays>>[number] | undefined, row: number) {
  if (entry?.kind !== 'array' || !isFloatArray(entry)) throw new Error('not an array of floats')
  const [rows, columns] = entry.shape
  const layout = {
    rows: { length: rows ?? 0, stride: columns ?? 0 },
    columns: { length: columns ?? 0, stride: 1 },
  }
  return new ArrayRows(entry, layout, new RowBlocks()).read(row)
}

function damagedAt(bytes: Uint8Array, place: number): Uint8Array {
  return bytes.with(bytes.length + place, 0xff)
}

function withDirectoryAt(bytes: Uint8Array, offset: number): Uint8Array {
  const copy = bytes.slice()
  new DataView(copy.buffer).setUint32(copy.length - 6, offset, true)
  return copy
}

/** Renames the second entry in the directory, so that both have the name `a.npy`. */
function twice(bytes: Uint8Array): Uint8Array {
  return bytes.with(bytes.lastIndexOf('b'.charCodeAt(0)), 'a'.charCodeAt(0))
}

function manyEntries(count: number): Uint8Array {
  return zipBytes(Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}`, new Uint8Array(0)])))
}

function noise(length: number): Uint8Array {
  let state = 1
  return Uint8Array.from({ length }, () => (state = (state * 48271) % 0x7fffffff) & 0xff)
}
