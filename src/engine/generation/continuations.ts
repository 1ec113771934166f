import type { PrefixCache } from '../cache/prefixCache'

/**
 * Continuations of one text, looked at one at a time. Where one leaves the last one's way, what was kept of that
 * is given up, so that they share one copy of the text's keys and values instead of having one each.
 */
export class Continuations {
  private last: Int32Array

  /** @param tokenIds the text */
  constructor(
    private readonly tokenIds: Int32Array,
    private readonly kept: PrefixCache,
  ) {
    this.last = tokenIds
  }

  /** The text with `added` tokens, ready to be run. */
  withTokens(added: readonly number[]): Int32Array {
    const next = Int32Array.of(...this.tokenIds, ...added)
    this.kept.rewind(this.last, commonPrefix(this.last, next))
    this.last = next
    return next
  }
}

function commonPrefix(a: Int32Array, b: Int32Array): number {
  const end = a.findIndex((tokenId, i) => tokenId !== b[i])
  return end === -1 ? a.length : end
}
