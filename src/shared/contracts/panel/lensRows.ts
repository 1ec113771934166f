// The rows of the logit lens that were computed of an inspection, and their bytes in messages and files.
// L = nLayer, K = tokens listed at each layer, R = rows

import { elementAt } from '../../elementAt'
import type { LensRow } from '../engine/explanation'
import type { TokenAddress } from './protocol'

/** Positions of a block. A block is copied when one of its rows is added, and saved as one file. */
export const LENS_BLOCK_LENGTH = 64

/**
 * The most memory that rows take. The blocks that were changed longest ago are dropped: 13,000 rows fit for `gpt2`, 3,500
 * for `gpt2-xl`.
 */
const MAX_BYTES = 16 * 1024 * 1024

/** The rows of consecutive positions of a section; null where a row is not computed. */
export interface LensBlock {
  readonly section: number
  /** A multiple of LENS_BLOCK_LENGTH. */
  readonly first: number
  /** [LENS_BLOCK_LENGTH] */
  readonly rows: readonly (LensRow | null)[]
}

/** The computed rows of all sections. Immutable: a change copies only the blocks that it concerns. */
export class LensRows {
  static readonly EMPTY = new LensRows(new Map())

  /** The rows of blocks, the one that was changed last at the end. Blocks with a wrong number of rows are omitted. */
  static of(blocks: readonly LensBlock[]): LensRows {
    const whole = blocks.filter(({ rows }) => rows.length === LENS_BLOCK_LENGTH)
    return new LensRows(new Map(whole.map((block) => [keyOf(block), block])))
  }

  /** Blocks by section and first position, the one that was changed last at the end. */
  private constructor(private readonly blocksByKey: ReadonlyMap<number, LensBlock>) {}

  get blocks(): readonly LensBlock[] {
    return [...this.blocksByKey.values()]
  }

  /** The row that predicts the token at `position`; null if it is not computed. */
  at({ section, position }: TokenAddress): LensRow | null {
    const first = blockStart(position)
    return this.blocksByKey.get(keyOf({ section, first }))?.rows[position - first] ?? null
  }

  /** The number of computed rows. */
  get size(): number {
    return this.blocks.reduce((sum, { rows }) => sum + rows.filter((row) => row !== null).length, 0)
  }

  /** The computed rows of a section by position, in order. */
  ofSection(section: number): ReadonlyMap<number, LensRow> {
    const blocks = this.blocks.filter((block) => block.section === section)
    const found = new Map<number, LensRow>()
    for (const { first, rows } of blocks.toSorted((a, b) => a.first - b.first))
      for (const [i, row] of rows.entries()) if (row !== null) found.set(first + i, row)
    return found
  }

  /** The computed rows in ranges of consecutive positions, each of them within a block. */
  *ranges(): Generator<TokenAddress & { readonly rows: readonly LensRow[] }> {
    for (const { section, first, rows } of this.blocks) {
      for (let from = 0; from < rows.length; from++) {
        const next = rows.indexOf(null, from)
        const end = next === -1 ? rows.length : next
        if (end > from)
          yield { section, position: first + from, rows: rows.slice(from, end).filter((row) => row !== null) }
        from = end
      }
    }
  }

  /** These rows, and `rows` from `position` on. */
  with({ section, position }: TokenAddress, rows: readonly LensRow[]): LensRows {
    const blocks = new Map(this.blocksByKey)
    for (let done = 0; done < rows.length;) {
      const first = blockStart(position + done)
      const count = Math.min(rows.length - done, first + LENS_BLOCK_LENGTH - (position + done))
      const key = keyOf({ section, first })
      const block = blocks.get(key)?.rows ?? new Array<null>(LENS_BLOCK_LENGTH).fill(null)
      blocks.delete(key)
      const added = rows.slice(done, done + count)
      blocks.set(key, { section, first, rows: block.toSpliced(position + done - first, count, ...added) })
      done += count
    }
    return new LensRows(withinBudget(blocks, rows))
  }
}

/** Drops the blocks that were changed longest ago. All rows are as long as `sample`. */
function withinBudget(blocks: Map<number, LensBlock>, [sample]: readonly LensRow[]): Map<number, LensBlock> {
  if (sample === undefined) return blocks
  const blockBytes = LENS_BLOCK_LENGTH * rowWords(sizeOf(sample)) * BYTES_PER_WORD
  const max = Math.max(1, Math.floor(MAX_BYTES / blockBytes))
  for (const key of blocks.keys()) {
    if (blocks.size <= max) break
    blocks.delete(key)
  }
  return blocks
}

function blockStart(position: number): number {
  return position - (position % LENS_BLOCK_LENGTH)
}

/** A number, because the table asks for every row in each frame, and making texts would take longer than all else. */
function keyOf({ section, first }: Pick<LensBlock, 'section' | 'first'>): number {
  return section * MAX_POSITIONS + first
}

const MAX_POSITIONS = 2 ** 32

/** Numbers of one row; each is a float32 or an int32. */
interface RowSize {
  /** L + 1 */
  readonly layers: number
  /** K */
  readonly topK: number
}

const BYTES_PER_WORD = 4
/** Layers, topK. */
const HEADER_WORDS = 2
/** In place of `logitsRow`: the row is not computed. */
const NO_ROW = -1

/** The bytes of rows: the numbers of layers and of listed tokens, then each row with fixed size. */
export function encodeLensRows(rows: readonly (LensRow | null)[]): Uint8Array {
  const sample = rows.find((row) => row !== null)
  const size = sample === undefined ? { layers: 0, topK: 0 } : sizeOf(sample)
  const words = rowWords(size)
  const bytes = new Uint8Array((HEADER_WORDS + rows.length * words) * BYTES_PER_WORD)
  new Int32Array(bytes.buffer, 0, HEADER_WORDS).set([size.layers, size.topK])
  for (const [i, row] of rows.entries()) {
    const fields = fieldsAt(bytes.buffer, HEADER_WORDS + i * words, size)
    fields.logitsRow[0] = row?.logitsRow ?? NO_ROW
    if (row === null) continue
    fields.logProb.set(row.logProb)
    fields.rank.set(row.rank)
    fields.entropy.set(row.entropy)
    fields.kl.set(row.kl)
    fields.topIds.set(row.topIds)
    fields.topLogProbs.set(row.topLogProbs)
  }
  return bytes
}

/**
 * The inverse of `encodeLensRows`. The rows are views of a copy of the bytes.
 *
 * @throws RangeError if the bytes are incomplete
 */
export function decodeLensRows(bytes: Uint8Array): (LensRow | null)[] {
  const { buffer } = Uint8Array.from(bytes)
  const [layers = 0, topK = 0] = new Int32Array(buffer, 0, HEADER_WORDS)
  const size = { layers, topK }
  const words = rowWords(size)
  const count = (buffer.byteLength / BYTES_PER_WORD - HEADER_WORDS) / words
  if (!Number.isInteger(count)) throw new RangeError(`${bytes.length} bytes end inside a row of the lens`)
  return Array.from({ length: count }, (_, i) => {
    const { logitsRow, ...columns } = fieldsAt(buffer, HEADER_WORDS + i * words, size)
    const row = elementAt(logitsRow, 0)
    return row === NO_ROW ? null : { logitsRow: row, ...columns }
  })
}

function sizeOf({ rank, topIds }: LensRow): RowSize {
  return { layers: rank.length, topK: topIds.length / rank.length }
}

function rowWords({ layers, topK }: RowSize): number {
  return 1 + layers * (4 + 2 * topK)
}

/** Views of the fields of the row that begins at a word. */
function fieldsAt(buffer: ArrayBuffer, start: number, { layers, topK }: RowSize) {
  let word = start
  const next = (length: number) => {
    const offset = word * BYTES_PER_WORD
    word += length
    return [buffer, offset, length] as const
  }
  return {
    logitsRow: new Int32Array(...next(1)),
    logProb: new Float32Array(...next(layers)),
    rank: new Int32Array(...next(layers)),
    entropy: new Float32Array(...next(layers)),
    kl: new Float32Array(...next(layers)),
    topIds: new Int32Array(...next(layers * topK)),
    topLogProbs: new Float32Array(...next(layers * topK)),
  }
}
