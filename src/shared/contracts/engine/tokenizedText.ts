import { elementAt } from '../../elementAt'
import type { TextRange, Token } from './prediction'

/** The tokens of a text. In columns, because half a million tokens have to be copied between threads quickly. */
export interface TokenizedText {
  readonly tokenIds: Int32Array
  /** UTF-16 offset of each token's range, inclusive. */
  readonly starts: Uint32Array
  /** UTF-16 offset of each token's range, exclusive. */
  readonly ends: Uint32Array
  /** 1 if the token begins or ends inside a character. */
  readonly partials: Uint8Array
}

/** The tokens [from, to) as objects. */
export function tokensOf(text: TokenizedText, from = 0, to = text.tokenIds.length): Token[] {
  return Array.from({ length: to - from }, (_, i) => ({
    tokenId: elementAt(text.tokenIds, from + i),
    range: { start: elementAt(text.starts, from + i), end: elementAt(text.ends, from + i) },
    partial: text.partials[from + i] === 1,
  }))
}

/**
 * The half-open range of indices of the tokens that overlap `range`.
 * An empty range overlaps the token that it lies in, and no token if it lies between two.
 */
export function tokensTouching(text: TokenizedText, range: TextRange): { from: number; to: number } {
  const from = firstIndex(text.ends, (end) => end > range.start)
  const to = firstIndex(text.starts, (start) => start >= range.end)
  return { from, to: Math.max(from, to) }
}

/**
 * Binary search: the index of the first value that fulfils the condition, or the length if none does. All values after
 * the first one must fulfil it too.
 */
function firstIndex(sorted: Uint32Array, condition: (value: number) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (condition(elementAt(sorted, middle))) high = middle
    else low = middle + 1
  }
  return low
}
