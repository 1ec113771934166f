// The residual stream before each block, of positions that the lens has shown. L = nLayer, C = nEmbd

import type { RowBuffer } from '../runtime/rowBuffer'
import { rowCount, type Tensor } from '../runtime/tensor'
import { commonPrefix } from './commonPrefix'

/** Consecutive positions of a window. Their rows depend on all tokens up to them. */
interface Segment {
  /** All tokens up to the segment's end. */
  readonly tokenIds: Int32Array
  readonly firstRow: number
  /** [·, L · C] */
  readonly rows: RowBuffer
}

/** Segments of windows, each as one step of the transformer computed it. */
export class StreamCache {
  /** In order of use, the most recent last. */
  private segments: Segment[] = []

  /**
   * @param budget the most bytes to cache; the segment used last stays even if it alone exceeds them
   * @param rowBuffer creates a buffer for rows [·, L · C]
   */
  constructor(
    private readonly budget: number,
    private readonly rowBuffer: () => RowBuffer,
  ) {}

  /** The first cached row from `from` on; `to` if none before it is cached. */
  nextCached(tokenIds: Int32Array, from: number, to: number): number {
    const starts = this.segments
      .map((segment) => ({
        row: Math.max(segment.firstRow, from),
        end: commonPrefix(segment.tokenIds, tokenIds),
      }))
      .filter(({ row, end }) => row < end)
    return Math.min(to, ...starts.map(({ row }) => row))
  }

  /**
   * A copy [n, L · C] of the rows from `from` on, n of them, at most up to `to` and at least one; undefined if row `from`
   * is not cached. The caller disposes of it.
   */
  rows(tokenIds: Int32Array, from: number, to: number): Tensor | undefined {
    const segment = this.find(tokenIds, from)
    if (segment === undefined) return undefined
    this.segments = [...this.segments.filter((other) => other !== segment), segment]
    const end = Math.min(commonPrefix(segment.tokenIds, tokenIds), to)
    return segment.rows.copy(from - segment.firstRow, end - segment.firstRow)
  }

  /** Caches a copy of rows [n, L · C], which begin with row `firstRow`. */
  add(tokenIds: Int32Array, firstRow: number, streams: Tensor): void {
    const rows = this.rowBuffer()
    rows.write(0, streams, rowCount(streams))
    this.segments.push({ tokenIds: tokenIds.slice(0, firstRow + rowCount(streams)), firstRow, rows })
    this.evict()
  }

  /** Bytes in use, for tests. */
  get byteLength(): number {
    return this.segments.reduce((sum, { rows }) => sum + rows.byteLength, 0)
  }

  private find(tokenIds: Int32Array, row: number): Segment | undefined {
    return this.segments.find(
      (segment) => segment.firstRow <= row && commonPrefix(segment.tokenIds, tokenIds) > row,
    )
  }

  private evict(): void {
    let bytes = 0
    const retained = this.segments.toReversed().filter(({ rows }, i) => {
      bytes += rows.byteLength
      return i === 0 || bytes <= this.budget
    })
    for (const segment of this.segments) if (!retained.includes(segment)) segment.rows.drop()
    this.segments = retained.toReversed()
  }
}
