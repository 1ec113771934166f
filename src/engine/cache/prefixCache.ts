// Keys, values and residual rows of sequences that ran before, found again by their tokens alone.
// C = nEmbd; everything has time first, so a prefix is the same memory and an append one copy.

import type { RowBuffer } from '../runtime/rowBuffer'
import type { Tensor } from '../runtime/tensor'

/** The shape of what is kept: rows of C floats, one for the residual stream and 2 · nLayer for keys and values. */
export interface KeptShape {
  readonly nLayer: number
  readonly nEmbd: number
  readonly nPositions: number
}

/** Bytes that may be kept; the sequence used last is kept whatever its size. */
export interface KeptBudget {
  readonly keyValueBytes: number
  readonly residualBytes: number
}

/** New rows of a sequence, each [S, C]. */
export interface NewRows {
  readonly residual: Tensor
  /** By layer. */
  readonly keys: readonly Tensor[]
  /** By layer. */
  readonly values: readonly Tensor[]
}

export function disposeRows({ residual, keys, values }: NewRows): void {
  for (const rows of [residual, ...keys, ...values]) rows.dispose()
}

/** Capacity grows in steps of this many positions, so that a short text does not cost a long one's memory. */
const POSITIONS_PER_STEP = 128
/**
 * An end that is no longer than this is what was being typed or a completion of it: one such sibling of a sequence is
 * kept, or every letter would leave a copy of the whole text. Shorter than a step of work, so that requests that
 * overtake each other get on.
 */
const SHORT_END = 32

/**
 * A store without invalidation: what a token's rows are depends on the tokens before it and on nothing else,
 * so the longest common prefix of token ids is always right.
 */
export class PrefixCache {
  /** The one used last is last. */
  private sequences: Sequence[] = []

  constructor(
    private readonly shape: KeptShape,
    private readonly budget: KeptBudget,
    private readonly rowBuffer: () => RowBuffer,
  ) {}

  /** A copy of the residual rows [from, to) of these tokens, if they were kept; the caller disposes of it. */
  residualRows(tokenIds: Int32Array, from: number, to: number): Tensor | undefined {
    const sequence = this.sequences.find((candidate) => candidate.commonPrefix(tokenIds) >= to)
    if (sequence === undefined) return undefined
    this.touch(sequence)
    return sequence.residual.copy(from, to)
  }

  /** The longest prefix of these tokens, shorter than all of them, whose keys and values are kept. */
  longestPrefix(tokenIds: Int32Array): { length: number; keys: Tensor[]; values: Tensor[] } {
    const { sequence, length } = this.bestForAppend(tokenIds)
    return {
      length,
      keys: sequence.keys.map((rows) => rows.prefix(length)),
      values: sequence.values.map((rows) => rows.prefix(length)),
    }
  }

  /** Keeps a copy of the rows that follow `length` tokens of `tokenIds`; a sequence that goes on otherwise is left as it is. */
  append(tokenIds: Int32Array, length: number, rows: NewRows): void {
    const found = this.bestForAppend(tokenIds.subarray(0, length + 1))
    // What they follow was given up meanwhile.
    if (found.length < length) return
    const sequence = found.sequence.length === length ? found.sequence : this.fork(found.sequence, length)
    sequence.append(tokenIds.subarray(length, length + rows.residual.dims[0]), rows)
    this.touch(sequence)
    this.evict()
  }

  /**
   * Gives up what follows `length` tokens of a sequence that is kept and is just these tokens.
   * Rows that were handed out may then be written over.
   */
  rewind(tokenIds: Int32Array, length: number): void {
    const sequence = this.sequences.find(
      (candidate) =>
        candidate.length === tokenIds.length && candidate.commonPrefix(tokenIds) === tokenIds.length,
    )
    if (sequence !== undefined) sequence.length = length
  }

  /** Bytes held, for tests and the log. */
  get byteLength(): number {
    return this.sequences.reduce(
      (sum, sequence) => sum + sequence.keyValueBytes + sequence.residual.byteLength,
      0,
    )
  }

  private bestForAppend(tokenIds: Int32Array): { sequence: Sequence; length: number } {
    let best = { sequence: new Sequence(this.shape, this.rowBuffer), length: 0 }
    for (const sequence of this.sequences) {
      if (sequence.keys.length === 0) continue
      const length = Math.min(sequence.commonPrefix(tokenIds), tokenIds.length - 1)
      const closer = length === best.length && sequence.length < best.sequence.length
      if (length > best.length || (closer && length > 0)) best = { sequence, length }
    }
    return best
  }

  /** Siblings that go on for a few tokens from the same beginning are given up, but the one that is forked. */
  private fork(sequence: Sequence, length: number): Sequence {
    const fork = sequence.fork(length)
    this.keepOnly(
      (other) => other === sequence || other.length - other.commonPrefix(fork.tokenIds) > SHORT_END,
    )
    return fork
  }

  private touch(sequence: Sequence): void {
    this.sequences = [...this.sequences.filter((other) => other !== sequence), sequence]
  }

  private keepOnly(isKept: (sequence: Sequence) => boolean): void {
    for (const sequence of this.sequences) if (!isKept(sequence)) sequence.drop()
    this.sequences = this.sequences.filter(isKept)
  }

  private evict(): void {
    let keyValueBytes = 0
    let residualBytes = 0
    const kept = new Set<Sequence>()
    for (const sequence of this.sequences.toReversed()) {
      keyValueBytes += sequence.keyValueBytes
      residualBytes += sequence.residual.byteLength
      const first = kept.size === 0
      if (residualBytes > this.budget.residualBytes && !first) break
      if (keyValueBytes > this.budget.keyValueBytes && !first) sequence.dropKeysAndValues()
      kept.add(sequence)
    }
    this.keepOnly((sequence) => kept.has(sequence))
  }
}

class Sequence {
  tokenIds = new Int32Array(0)
  length = 0
  readonly residual: RowBuffer
  keys: RowBuffer[]
  values: RowBuffer[]

  constructor(
    private readonly shape: KeptShape,
    private readonly rowBuffer: () => RowBuffer,
  ) {
    this.residual = rowBuffer()
    this.keys = Array.from({ length: shape.nLayer }, rowBuffer)
    this.values = Array.from({ length: shape.nLayer }, rowBuffer)
  }

  get keyValueBytes(): number {
    return [...this.keys, ...this.values].reduce((sum, rows) => sum + rows.byteLength, 0)
  }

  commonPrefix(tokenIds: Int32Array): number {
    const end = Math.min(this.length, tokenIds.length)
    let i = 0
    while (i < end && this.tokenIds[i] === tokenIds[i]) i++
    return i
  }

  append(tokenIds: Int32Array, rows: NewRows): void {
    const needed = this.length + tokenIds.length
    const capacity = Math.min(
      Math.ceil(needed / POSITIONS_PER_STEP) * POSITIONS_PER_STEP,
      this.shape.nPositions,
    )
    const grown = new Int32Array(needed)
    grown.set(this.tokenIds.subarray(0, this.length))
    grown.set(tokenIds, this.length)
    this.tokenIds = grown
    this.residual.write(this.length, rows.residual, capacity)
    this.keys.forEach((kept, i) => {
      kept.write(this.length, rows.keys[i], capacity)
    })
    this.values.forEach((kept, i) => {
      kept.write(this.length, rows.values[i], capacity)
    })
    this.length = needed
  }

  /** A sequence of its own that begins with this one's first `length` tokens. */
  fork(length: number): Sequence {
    const copy = new Sequence(this.shape, this.rowBuffer)
    const rows = (kept: RowBuffer) => kept.prefix(length)
    copy.append(this.tokenIds.subarray(0, length), {
      residual: rows(this.residual),
      keys: this.keys.map(rows),
      values: this.values.map(rows),
    })
    return copy
  }

  dropKeysAndValues(): void {
    for (const rows of [...this.keys, ...this.values]) rows.drop()
    this.keys = []
    this.values = []
  }

  drop(): void {
    this.dropKeysAndValues()
    this.residual.drop()
  }
}
