import { commonPrefix } from '../cache/commonPrefix'
import type { PrefixCache } from '../cache/prefixCache'

/**
 * Continuations of one text that run one at a time. Before each, the cached rows of the previous one are dropped from
 * the first different token on, so all share one copy of the text's keys and values instead of having one each.
 */
export class Continuations {
  private last: Int32Array

  /** @param tokenIds the text */
  constructor(
    private readonly tokenIds: Int32Array,
    private readonly cache: PrefixCache,
  ) {
    this.last = tokenIds
  }

  /** The token ids of the text followed by `added`. Prepares the cache for a run over them. */
  withTokens(added: readonly number[]): Int32Array {
    const next = Int32Array.of(...this.tokenIds, ...added)
    this.cache.rewind(this.last, commonPrefix(this.last, next))
    this.last = next
    return next
  }
}
