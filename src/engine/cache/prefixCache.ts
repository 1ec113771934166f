// Keys, values and residual rows of sequences that ran before, looked up by their token ids.
// S = new rows, C = nEmbd; rows are in order of position, so a prefix needs no copy and an append needs one.

import { elementAt } from '../../shared/elementAt'
import type { RowBuffer } from '../runtime/rowBuffer'
import { rowCount, type Tensor } from '../runtime/tensor'
import { commonPrefix } from './commonPrefix'

/** A position has rows of C floats: one of the residual stream, and 2 · nLayer of keys and values. */
export interface CacheShape {
  readonly nLayer: number
  readonly nEmbd: number
  readonly nPositions: number
}

/** The most bytes to cache. The sequence used last stays even if it alone exceeds them. */
export interface CacheBudget {
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

/** Capacity grows by this many positions at a time, so a short text does not take the memory of a long one. */
const POSITIONS_PER_STEP = 128
/**
 * Two sequences that differ only in their last positions, at most this many, come from typing or from completions. Only
 * one such sibling of a sequence stays cached; otherwise every letter would leave a copy of the whole text. The number
 * is smaller than a step of the transformer, so two requests that take turns still make progress.
 */
const SHORT_END = 32

/**
 * A cache that needs no invalidation: a token's rows depend only on the tokens up to it, so the rows of the longest
 * common prefix of token ids are always valid.
 */
export class PrefixCache {
  /** In order of use, the most recent last. */
  private sequences: Sequence[] = []

  constructor(
    private readonly shape: CacheShape,
    private readonly budget: CacheBudget,
    private readonly rowBuffer: () => RowBuffer,
  ) {}

  /** A copy [to − from, C] of the residual rows [from, to), or undefined if not all are cached. The caller disposes of it. */
  residualRows(tokenIds: Int32Array, from: number, to: number): Tensor | undefined {
    const sequence = this.sequences.find((candidate) => candidate.commonPrefix(tokenIds) >= to)
    if (sequence === undefined) return undefined
    this.touch(sequence)
    return sequence.residual.copy(from, to)
  }

  /**
   * The longest proper prefix of these tokens whose keys and values are cached: tensors [length, C] by layer. They are
   * valid until the next `append` or `rewind`.
   */
  longestPrefix(tokenIds: Int32Array): { length: number; keys: Tensor[]; values: Tensor[] } {
    const { sequence, length } = this.bestForAppend(tokenIds)
    return {
      length,
      keys: sequence.keys.map((rows) => rows.prefix(length)),
      values: sequence.values.map((rows) => rows.prefix(length)),
    }
  }

  /** The number of first tokens whose keys and values are cached. */
  cachedLength(tokenIds: Int32Array): number {
    const cached = this.sequences.filter(({ keys }) => keys.length > 0)
    return cached.reduce((most, sequence) => Math.max(most, sequence.commonPrefix(tokenIds)), 0)
  }

  /**
   * Caches a copy of the rows that follow the first `length` tokens of `tokenIds`. A sequence that continues
   * differently after these tokens stays cached. Does nothing if the first `length` tokens are no longer cached.
   */
  append(tokenIds: Int32Array, length: number, rows: NewRows): void {
    const found = this.bestForAppend(tokenIds.subarray(0, length + 1))
    if (found.length < length) return
    const sequence =
      found.sequence.length === length ? found.sequence : this.forkSequence(found.sequence, length)
    sequence.append(tokenIds.subarray(length, length + rowCount(rows.residual)), rows)
    this.touch(sequence)
    this.evict()
  }

  /**
   * Drops the rows after the first `length` tokens of the cached sequence that consists of exactly these tokens.
   * Tensors returned before may then be overwritten.
   */
  rewind(tokenIds: Int32Array, length: number): void {
    const sequence = this.sequences.find(
      (candidate) =>
        candidate.length === tokenIds.length && candidate.commonPrefix(tokenIds) === tokenIds.length,
    )
    if (sequence !== undefined) sequence.length = length
  }

  /**
   * Another cache, with copies of the rows of the longest cached prefix of at most `length` tokens. It is for runs whose
   * rows differ from those of the same tokens here. The caller drops it.
   */
  fork(tokenIds: Int32Array, length: number): PrefixCache {
    const fork = new PrefixCache(this.shape, this.budget, this.rowBuffer)
    const found = this.bestForAppend(tokenIds.subarray(0, length + 1))
    if (found.length > 0) fork.sequences = [found.sequence.fork(found.length)]
    return fork
  }

  /** Frees everything. */
  drop(): void {
    this.retain(() => false)
  }

  /** Bytes in use, for tests. */
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

  /** Copies the first `length` positions, and drops the other siblings with short ends (SHORT_END) of the same prefix. */
  private forkSequence(sequence: Sequence, length: number): Sequence {
    const fork = sequence.fork(length)
    this.retain((other) => other === sequence || other.length - other.commonPrefix(fork.tokenIds) > SHORT_END)
    return fork
  }

  private touch(sequence: Sequence): void {
    this.sequences = [...this.sequences.filter((other) => other !== sequence), sequence]
  }

  private retain(isRetained: (sequence: Sequence) => boolean): void {
    for (const sequence of this.sequences) if (!isRetained(sequence)) sequence.drop()
    this.sequences = this.sequences.filter(isRetained)
  }

  private evict(): void {
    let keyValueBytes = 0
    let residualBytes = 0
    const retained = new Set<Sequence>()
    for (const sequence of this.sequences.toReversed()) {
      keyValueBytes += sequence.keyValueBytes
      residualBytes += sequence.residual.byteLength
      const isLastUsed = retained.size === 0
      if (residualBytes > this.budget.residualBytes && !isLastUsed) break
      if (keyValueBytes > this.budget.keyValueBytes && !isLastUsed) sequence.dropKeysAndValues()
      retained.add(sequence)
    }
    this.retain((sequence) => retained.has(sequence))
  }
}

class Sequence {
  tokenIds = new Int32Array(0)
  length = 0
  readonly residual: RowBuffer
  keys: RowBuffer[]
  values: RowBuffer[]

  constructor(
    private readonly shape: CacheShape,
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
    return commonPrefix(this.tokenIds.subarray(0, this.length), tokenIds)
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
    this.keys.forEach((buffer, layer) => {
      buffer.write(this.length, elementAt(rows.keys, layer), capacity)
    })
    this.values.forEach((buffer, layer) => {
      buffer.write(this.length, elementAt(rows.values, layer), capacity)
    })
    this.length = needed
  }

  /** A new sequence with copies of the first `length` positions. */
  fork(length: number): Sequence {
    const copy = new Sequence(this.shape, this.rowBuffer)
    const rows = (buffer: RowBuffer) => buffer.prefix(length)
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
