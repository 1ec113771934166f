import type { TextRange, Token } from './prediction'

/** A text's tokens in columns: half a million of them must cross to and from a worker cheaply. */
export interface TokenizedText {
  readonly tokenIds: Int32Array
  /** UTF-16 offset of each token's range, inclusive. */
  readonly starts: Uint32Array
  /** UTF-16 offset of each token's range, exclusive. */
  readonly ends: Uint32Array
  /** 1 where the token begins or ends inside a character. */
  readonly partials: Uint8Array
}

/** The tokens [from, to) as objects. */
export function tokensOf(text: TokenizedText, from = 0, to = text.tokenIds.length): Token[] {
  return Array.from({ length: to - from }, (_, i) => ({
    tokenId: text.tokenIds[from + i],
    range: { start: text.starts[from + i], end: text.ends[from + i] },
    partial: text.partials[from + i] === 1,
  }))
}

/**
 * The half-open range of token indices that touch `range`.
 * An empty range touches the token that it lies in, and none where it lies between two.
 */
export function tokensTouching(text: TokenizedText, range: TextRange): { from: number; to: number } {
  const from = firstIndex(text.ends, (end) => end > range.start)
  const to = firstIndex(text.starts, (start) => start >= range.end)
  return { from, to: Math.max(from, to) }
}

/** Index of the first value that fulfils a condition which, once true, stays true; the length if none does. */
function firstIndex(sorted: Uint32Array, condition: (value: number) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (condition(sorted[middle])) high = middle
    else low = middle + 1
  }
  return low
}
