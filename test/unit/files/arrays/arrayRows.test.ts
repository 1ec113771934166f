import { describe, expect, it } from 'vitest'
import { ArrayRows, type FloatArray } from '../../../../src/files/arrays/arrayRows'
import { rangeOf, type RawBytes } from '../../../../src/files/arrays/rawBytes'
import { BLOCK_BYTES, RowBlocks } from '../../../../src/files/arrays/rowBlocks'
import { bytesInMemory } from '../../../../src/model/formats/byteSource'
import { float32Bytes } from '../../../support/checkpoints/checkpointBytes'

const R = 1000
const W = 12_000
/** Two blocks have all rows of the matrix. */
const ROWS_PER_BLOCK = Math.floor(BLOCK_BYTES / (4 * W))

describe('Rows of an uncompressed matrix in C order', () => {
  it('are each one read of exactly their bytes', async () => {
    const { array, reads } = observed(rangeOf(bytesInMemory(float32Bytes([1, 2, 3, 4, 5, 6])), 0, 24))
    const rows = new ArrayRows(array, layoutOf(3, 2), new RowBlocks())

    expect(await rows.read(1)).toEqual(Float32Array.of(3, 4))
    expect(reads).toEqual([[8, 8]])
  })
})

describe('Rows of a column-major matrix', () => {
  it('are read with one pass for each block of rows', async () => {
    const { array, passes } = generated(columnMajor)
    const rows = new ArrayRows(
      array,
      { rows: { length: R, stride: 1 }, columns: { length: W, stride: R } },
      new RowBlocks(),
    )

    const found = [0, ROWS_PER_BLOCK - 1, ROWS_PER_BLOCK, R - 1]
    for (const row of found)
      expect((await rows.read(row)).every((value, column) => value === row + column / 16384)).toBe(true)

    expect(passes()).toBe(2)
  })
})

describe('Rows of a compressed matrix in C order', () => {
  const layout = { rows: { length: R, stride: W }, columns: { length: W, stride: 1 } }

  it('are read with one pass for each block of rows', async () => {
    const { array, passes } = generated(rowMajor)
    const rows = new ArrayRows(array, layout, new RowBlocks())

    for (const row of [R - 1, 0, ROWS_PER_BLOCK, 1])
      expect((await rows.read(row)).every((value, column) => value === row + column / 16384)).toBe(true)

    expect(passes()).toBe(2)
  })

  it('are one pass for two requests at the same time', async () => {
    const { array, passes } = generated(rowMajor)
    const rows = new ArrayRows(array, layout, new RowBlocks())

    await Promise.all([rows.read(0), rows.read(1)])

    expect(passes()).toBe(1)
  })
})

describe('Blocks of rows', () => {
  const block = (length = 1) => Promise.resolve(new Float32Array(length))

  it('are dropped beyond the limit, the least recently used first', async () => {
    const blocks = new RowBlocks(20)
    const loaded: string[] = []
    const get = (key: string) =>
      blocks.get(key, 10, () => {
        loaded.push(key)
        return block()
      })

    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key)

    expect(loaded).toEqual(['a', 'b', 'c', 'b'])
  })

  it('are loaded again after an error', async () => {
    const blocks = new RowBlocks()
    await blocks.get('a', 10, () => Promise.reject(new Error('no disk'))).catch(() => undefined)

    expect(await blocks.get('a', 10, () => block(3))).toHaveLength(3)
  })
})

function layoutOf(rows: number, columns: number) {
  return { rows: { length: rows, stride: columns }, columns: { length: columns, stride: 1 } }
}

function floats(bytes: RawBytes): FloatArray {
  return {
    kind: 'array',
    name: null,
    dtype: '<f4',
    type: 'float32',
    byteOrder: 'little',
    shape: [],
    order: 'C',
    bytes,
    remarks: [],
  }
}

function observed(bytes: RawBytes) {
  const reads: [number, number][] = []
  const read = (offset: number, length: number) => {
    reads.push([offset, length])
    return bytes.read?.(offset, length) ?? Promise.reject(new Error('compressed'))
  }
  return { array: floats({ ...bytes, read }), reads }
}

/** Element `row + column / 16384`, which float32 represents exactly. */
const columnMajor = (k: number) => (k % R) + Math.floor(k / R) / 16384
const rowMajor = (k: number) => Math.floor(k / W) + (k % W) / 16384

/** A compressed array of R · W elements, made in chunks whose length is not a multiple of an element's. */
function generated(element: (k: number) => number) {
  let passes = 0
  const bytes: RawBytes = {
    byteLength: 4 * R * W,
    read: null,
    async *chunks() {
      passes++
      const chunk = 40_000
      let rest = new Uint8Array(0)
      for (let start = 0; start < R * W; start += chunk) {
        const numbers = Float32Array.from({ length: Math.min(chunk, R * W - start) }, (_, i) =>
          element(start + i),
        )
        const own = new Uint8Array(rest.length + numbers.byteLength)
        own.set(rest)
        own.set(new Uint8Array(numbers.buffer), rest.length)
        yield await Promise.resolve(own.subarray(0, own.length - 3))
        rest = own.slice(own.length - 3)
      }
      yield rest
    },
  }
  return { array: floats(bytes), passes: () => passes }
}
