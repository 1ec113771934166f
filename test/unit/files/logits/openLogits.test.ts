import { describe, expect, it } from 'vitest'
import {
  ArrayFileError,
  IncompleteArrayFileError,
  PickledArrayError,
} from '../../../../src/files/source/errors'
import { fileInMemory } from '../../../../src/files/source/fileSource'
import { openLogits } from '../../../../src/files/logits/openLogits'
import { float32Bytes, safetensors } from '../../../support/checkpoints/checkpointBytes'
import { type NpyOptions, npyBytes, zipBytes } from '../../../support/files/arrayWriters'
import { logitsRow, V } from '../../../support/files/savedLogits'

const ROWS = [1, 2, 3].map(logitsRow)
const FLAT = Float32Array.from(ROWS.flatMap((row) => [...row]))
const TRANSPOSED = Float32Array.from({ length: 3 * V }, (_, k) => ROWS[k % 3]?.[Math.floor(k / 3)] ?? NaN)
const IDS = npyBytes({
  descr: '<i8',
  shape: [3],
  data: new Uint8Array(BigInt64Array.of(11n, 12n, 13n).buffer),
})

const npy = (shape: number[], numbers: Float32Array, options: Partial<NpyOptions> = {}) =>
  npyBytes({ shape, data: float32Bytes(numbers), ...options })
const open = (bytes: Uint8Array, name = 'logits.npy', array?: string) =>
  openLogits(fileInMemory(name, bytes), array === undefined ? {} : { array })

describe('The rows of a file', () => {
  it.each<[string, Uint8Array, { transposed: boolean }]>([
    ['[n, V]', npy([3, V], FLAT), { transposed: false }],
    ['[1, n, V]', npy([1, 3, V], FLAT), { transposed: false }],
    ['[n, 1, V]', npy([3, 1, V], FLAT), { transposed: false }],
    ['[n, V] in Fortran order', npy([3, V], TRANSPOSED, { isFortran: true }), { transposed: false }],
    ['[V, n]', npy([V, 3], TRANSPOSED), { transposed: true }],
    ['[V, n] in Fortran order', npy([V, 3], FLAT, { isFortran: true }), { transposed: true }],
    [
      '[n, V], big-endian',
      npyBytes({ descr: '>f4', shape: [3, V], data: bigEndian(FLAT) }),
      { transposed: false },
    ],
    [
      '[n, V], deflated',
      zipBytes({ 'logits.npy': npy([3, V], FLAT) }, { method: 'deflated' }),
      { transposed: false },
    ],
    [
      '[V, n], deflated',
      zipBytes({ 'logits.npy': npy([V, 3], TRANSPOSED) }, { method: 'deflated' }),
      { transposed: true },
    ],
    [
      'of safetensors',
      safetensors(new Map([['x', { dtype: 'F32', shape: [3, V], bytes: float32Bytes(FLAT) }]])),
      { transposed: false },
    ],
  ])('are those of the positions: %s', async (_, bytes, expected) => {
    const file = await open(bytes)

    const rows = [await file.readRow(2), await file.readRow(0), await file.readRow(1)]

    expect({ rows: file.rows, width: file.width, transposed: file.transposed }).toEqual({
      rows: 3,
      width: V,
      ...expected,
    })
    expect(rows.map((row, i) => areSame(row, ROWS[[2, 0, 1][i] ?? 0]))).toEqual([true, true, true])
  })

  it.each([[[V]], [[1, V]], [[1, 1, V]], [[V, 1]], [[1, V, 1]]])(
    'are one for the shape %j',
    async (shape) => {
      const file = await open(npy(shape, logitsRow(1)))

      expect(file.rows).toBe(1)
      expect(areSame(await file.readRow(0), ROWS[0])).toBe(true)
    },
  )

  it.each<[number[], Float32Array, string[]]>([
    [[V], logitsRow(1), []],
    [[1, V], logitsRow(1), []],
    [[3, V], FLAT, []],
    // Has the remark of a transposed array.
    [[V, 3], TRANSPOSED, []],
    [[V, 1], logitsRow(1), [`logits.npy has the shape [${V}, 1] and was read as 1 row.`]],
    [[1, 1, V], logitsRow(1), [`logits.npy has the shape [1, 1, ${V}] and was read as 1 row.`]],
    [[1, 3, V], FLAT, [`logits.npy has the shape [1, 3, ${V}] and was read as 3 rows.`]],
    [[3, 1, V], FLAT, [`logits.npy has the shape [3, 1, ${V}] and was read as 3 rows.`]],
    [[3, V, 1], FLAT, [`logits.npy has the shape [3, ${V}, 1] and was read as 3 rows.`]],
    [[1, V, 3], TRANSPOSED, [`logits.npy has the shape [1, ${V}, 3] and was read as 3 rows.`]],
  ])('have a remark if the shape is not that of rows: %j', async (shape, numbers, remarks) => {
    expect((await open(npy(shape, numbers))).remarks).toEqual(remarks)
  })

  it.each([[[1, 1, 3, V]], [[3, 1, 1, V]], [[1, 1, 1, 3, V]], [[1, 1, V, 3]]])(
    'are refused with more axes: %j',
    async (shape) => {
      const opened = open(npy(shape, FLAT))

      await expect(opened).rejects.toThrow(
        `logits.npy has the shape [${shape.join(', ')}], which has ${shape.length} axes. Save an array of the shape [positions, ${V}].`,
      )
      await expect(opened).rejects.toBeInstanceOf(ArrayFileError)
    },
  )

  it('may be padded', async () => {
    const file = await open(npy([1, 50304], new Float32Array(50304)))

    expect(file.width).toBe(50304)
  })

  it('outside of the array are an error', async () => {
    const file = await open(npy([3, V], FLAT))

    await expect(file.readRow(3)).rejects.toBeInstanceOf(RangeError)
  })
})

describe('The array of logits', () => {
  const other = npy([1, V], logitsRow(9))

  it('is the one with that name', async () => {
    const file = await open(zipBytes({ 'a.npy': other, 'logits.npy': npy([3, V], FLAT) }), 'a.npz')

    expect([file.array, file.rows]).toEqual(['logits', 3])
  })

  it('is the only one of the vocabulary’s width otherwise', async () => {
    const file = await open(
      zipBytes({ 'ids.npy': IDS, 'x.npy': npy([3, 4], FLAT.slice(0, 12)), 'out.npy': other }),
      'a.npz',
    )

    expect(file.array).toBe('out')
  })

  it('is the one that the caller names', async () => {
    const file = await open(zipBytes({ 'a.npy': other, 'logits.npy': npy([3, V], FLAT) }), 'a.npz', 'a')

    expect([file.array, file.rows]).toEqual(['a', 1])
  })

  it.each<[string, Uint8Array, RegExp]>([
    [
      'of several',
      zipBytes({ 'a.npy': other, 'b.npy': other }),
      /several arrays that may be the logits: a, b. Rename/,
    ],
    [
      'of a narrow array',
      npy([3, 65], FLAT.slice(0, 195)),
      /has the shape \[3, 65\]; one axis has to have GPT-2’s 50,257/,
    ],
    [
      'of several texts',
      npy([3, 2, V], new Float32Array(6 * V)),
      /more than one text. Save one text’s logits, such as logits\[0\]/,
    ],
    ['without rows', npy([0, V], new Float32Array(0)), /has no rows/],
    [
      'of integers',
      npyBytes({ descr: '<i8', shape: [3], data: new Uint8Array(24) }),
      /integers of type <i8, not logits/,
    ],
    [
      'of complex numbers',
      npyBytes({ descr: '<c8', shape: [1, V], data: new Uint8Array(8 * V) }),
      /type <c8, which is neither/,
    ],
    [
      'of booleans',
      npyBytes({ descr: '|b1', shape: [V], data: new Uint8Array(V) }),
      /type \|b1, which is neither/,
    ],
    [
      'of hidden states alone',
      zipBytes({ 'h.0.npy': npy([1, 4], FLAT.slice(0, 4)), 'h.1.npy': npy([1, 4], FLAT.slice(0, 4)) }),
      /no array of logits; it has h.0, h.1/,
    ],
    ['without arrays', safetensors(new Map()), /has no arrays/],
  ])('cannot be chosen: %s', async (_, bytes, message) => {
    const opened = open(bytes)

    await expect(opened).rejects.toThrow(message)
    await expect(opened).rejects.toBeInstanceOf(ArrayFileError)
  })

  it('is refused if it is pickled', async () => {
    const pickled = npyBytes({ descr: '|O', shape: [2], data: new Uint8Array(50) })

    const opened = open(zipBytes({ 'logits.npy': pickled, 'a.npy': other }), 'a.npz')

    await expect(opened).rejects.toBeInstanceOf(PickledArrayError)
  })

  it('is not hidden by another array that is pickled', async () => {
    const pickled = npyBytes({ descr: '|O', shape: [2], data: new Uint8Array(50) })

    expect((await open(zipBytes({ 'notes.npy': pickled, 'a.npy': other }), 'a.npz')).array).toBe('a')
  })

  it('that is still being written is told from a damaged one', async () => {
    const opened = open(npy([3, V], FLAT).slice(0, 400_000))

    await expect(opened).rejects.toBeInstanceOf(IncompleteArrayFileError)
    await expect(opened).rejects.toThrow(/still being written/)
  })
})

describe('A file whose logits cannot be used', () => {
  it('is closed', async () => {
    let isClosed = false
    const source = fileInMemory('logits.npy', npy([3, 65], FLAT.slice(0, 195)))
    const close = () => {
      isClosed = true
      return Promise.resolve()
    }

    await openLogits({ ...source, bytes: { ...source.bytes, close } }).catch(() => undefined)

    expect(isClosed).toBe(true)
  })
})

function bigEndian(numbers: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * numbers.length))
  numbers.forEach((value, i) => view.setFloat32(4 * i, value, false))
  return new Uint8Array(view.buffer)
}

function areSame(a: Float32Array, b: Float32Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((value, i) => value === b[i])
}
