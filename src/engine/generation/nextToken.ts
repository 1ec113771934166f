// V = tokens of the vocabulary

import { elementAt } from '../../shared/elementAt'
import { type Alternative, MAX_TOP_K } from '../../shared/contracts/engine/prediction'
import type { SamplingSettings } from '../../shared/contracts/engine/samplingSettings'
import { sampleDistribution, SortedLogits } from '../../shared/numbers/sampling'
import { logSumExp } from '../../shared/numbers/logProbs'

/** The row of logits after tokens that follow the request's `tokenIds`, as much of it as is needed. */
export interface NextRow {
  /** Raw logits [V]. */
  readonly logits: (tokenIds: readonly number[]) => Promise<Float32Array>
  /**
   * The `count` most likely tokens, 1 to MAX_TOP_K; of equal logits the lower id first. Faster than `logits`, because
   * the runtime reduces the row and does not copy it.
   */
  readonly mostLikely: (tokenIds: readonly number[], count: number) => Promise<readonly Alternative[]>
}

/** A token that continues a candidate. */
export type NextToken = Pick<Alternative, 'tokenId' | 'logProb'>

/** The most likely token after `tokenIds`. */
export async function greedyToken(row: NextRow, tokenIds: readonly number[]): Promise<NextToken> {
  return elementAt(await row.mostLikely(tokenIds, 1), 0)
}

/**
 * Draws a token after `tokenIds`.
 * @param draw.point in [0, 1)
 */
export async function drawnToken(
  row: NextRow,
  tokenIds: readonly number[],
  { sampling, point }: { readonly sampling: SamplingSettings; readonly point: number },
): Promise<NextToken> {
  const { topK } = sampling
  if (topK > 0 && topK < MAX_TOP_K) {
    const mostLikely = await row.mostLikely(tokenIds, topK + 1)
    const sorted = new SortedLogits(Float32Array.from(mostLikely, ({ logit }) => logit))
    // Top-k keeps every token as likely as the topK-th. If the one after it is, the row may have more of them.
    const isComplete = sorted.tieStart(1) === 1
    if (isComplete) return elementAt(mostLikely, sampleDistribution(sorted, sampling).tokenAt(point))
  }
  const logits = await row.logits(tokenIds)
  const tokenId = sampleDistribution(new SortedLogits(logits), sampling).tokenAt(point)
  return { tokenId, logProb: elementAt(logits, tokenId) - logSumExp(logits) }
}
