// Rows of an array, read without the whole array. R rows, W columns

import { decodeFloats } from './decode'
import type { RawBytes } from './rawBytes'
import { BLOCK_BYTES, type RowBlocks } from './rowBlocks'
import { BYTES_PER_ELEMENT, type FloatElement, isFloat, type StoredArray } from './storedArray'

/** An axis of an array: its length, and the distance of neighbouring elements along it, in elements. */
export interface Axis {
  readonly length: number
  readonly stride: number
}

/** A matrix [R, W] in an array. One of the two strides is 1. */
export interface RowLayout {
  readonly rows: Axis
  readonly columns: Axis
}

/** An array of floats. */
export type FloatArray = StoredArray & { readonly type: FloatElement }

export function isFloatArray(array: StoredArray): array is FloatArray {
  return isFloat(array.type)
}

/** The axes that have more than one element, in the order of the shape. */
export function longAxes({ shape, order }: Pick<StoredArray, 'shape' | 'order'>): Axis[] {
  let stride = 1
  const axes: Axis[] = []
  for (const length of order === 'F' ? shape : shape.toReversed()) {
    if (length !== 1) axes.push({ length, stride })
    stride *= length
  }
  return order === 'F' ? axes : axes.reverse()
}

/**
 * Reads the rows of a matrix. A row whose elements are neighbours in an uncompressed file is one read. All others are
 * read in blocks of rows, each with one pass over the array, and `blocks` keeps the latest ones.
 */
export class ArrayRows {
  private readonly rowsPerBlock: number

  constructor(
    private readonly array: FloatArray,
    private readonly layout: RowLayout,
    private readonly blocks: RowBlocks,
  ) {
    this.rowsPerBlock = Math.max(
      1,
      Math.floor(BLOCK_BYTES / (layout.columns.length * Float32Array.BYTES_PER_ELEMENT)),
    )
  }

  /**
   * Row [W] in float32.
   * @throws RangeError for a row that the matrix does not have; ArrayFileError if the file is damaged
   */
  async read(row: number): Promise<Float32Array> {
    const { rows, columns } = this.layout
    if (!Number.isInteger(row) || row < 0 || row >= rows.length)
      throw new RangeError(`row ${row} is outside of ${rows.length} rows`)
    const { bytes, type, byteOrder } = this.array
    if (bytes.read !== null && columns.stride === 1) {
      const elementBytes = BYTES_PER_ELEMENT[type]
      const offset = row * rows.stride * elementBytes
      return decodeFloats(await bytes.read(offset, columns.length * elementBytes), type, byteOrder)
    }
    const first = row - (row % this.rowsPerBlock)
    const count = Math.min(this.rowsPerBlock, rows.length - first)
    const size = count * columns.length * Float32Array.BYTES_PER_ELEMENT
    const block = await this.blocks.get(`${first} ${this.array.name ?? ''}`, size, () =>
      this.loadBlock(first, count),
    )
    return block.slice((row - first) * columns.length, (row - first + 1) * columns.length)
  }

  private async loadBlock(first: number, count: number): Promise<Float32Array> {
    const { rows, columns } = this.layout
    const { bytes, type, byteOrder } = this.array
    const block = new Float32Array(count * columns.length)
    let start = 0
    for await (const chunk of wholeElements(bytes, BYTES_PER_ELEMENT[type])) {
      const elements = decodeFloats(chunk, type, byteOrder)
      if (columns.stride === 1) copyRun(elements, start, block, first * columns.length)
      else copyColumns(elements, start, block, { first, count, rows: rows.length })
      start += elements.length
      if (columns.stride === 1 && start >= (first + count) * columns.length) break
    }
    return block
  }
}

/** Copies what `elements`, which begin at element `start` of the array, have of the block, which begins at `blockStart`. */
function copyRun(elements: Float32Array, start: number, block: Float32Array, blockStart: number): void {
  const from = Math.max(start, blockStart)
  const to = Math.min(start + elements.length, blockStart + block.length)
  if (from < to) block.set(elements.subarray(from - start, to - start), from - blockStart)
}

interface RowRange {
  readonly first: number
  readonly count: number
  /** R */
  readonly rows: number
}

/** The same for an array whose columns follow each other: element k is in column ⌊k / R⌋ and row k mod R. */
function copyColumns(elements: Float32Array, start: number, block: Float32Array, range: RowRange): void {
  const { first, count, rows } = range
  const width = block.length / count
  const end = start + elements.length
  for (let column = Math.floor(start / rows); column * rows + first < end; column++) {
    const from = Math.max(start, column * rows + first)
    const to = Math.min(end, column * rows + first + count)
    for (let k = from; k < to; k++)
      block[(k - column * rows - first) * width + column] = elements[k - start] ?? NaN
  }
}

/** The same bytes in chunks of whole elements. */
async function* wholeElements(
  bytes: RawBytes,
  elementBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let rest = new Uint8Array(0)
  for await (const chunk of bytes.chunks()) {
    const joined = new Uint8Array(rest.length + chunk.length)
    joined.set(rest)
    joined.set(chunk, rest.length)
    const whole = joined.length - (joined.length % elementBytes)
    if (whole > 0) yield joined.subarray(0, whole)
    rest = joined.slice(whole)
  }
}
