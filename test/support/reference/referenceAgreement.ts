// Where numbers disagree with the reference by more than its tolerances; see test/fixtures/reference/README.md.

import type { Distribution, TokenScore } from '../../../src/shared/contracts/prediction'
import type { ReferencePosition } from './referenceTexts'

export const LOG_PROB_TOLERANCE = 2e-4
export const LOGIT_TOLERANCE = 1e-3
export const ENTROPY_TOLERANCE = 2e-4

/** What stands in a distribution against the reference, one line each. It must have more alternatives. */
export function disagreements(
  { logSumExp, entropy, top }: Distribution,
  reference: ReferencePosition,
): string[] {
  const found = [
    beyond(LOGIT_TOLERANCE, 'log-sum-exp', logSumExp, reference.logSumExp),
    beyond(ENTROPY_TOLERANCE, 'entropy', entropy, reference.entropyNats / Math.LN2),
  ]
  for (const [k, logit] of reference.topLogits.entries()) {
    found.push(beyond(LOGIT_TOLERANCE, `logit ${k}`, top[k].logit, logit))
    found.push(beyond(LOG_PROB_TOLERANCE, `log-prob ${k}`, top[k].logProb, logit - reference.logSumExp))
    const neighbours = [
      reference.topLogits[k - 1] ?? Infinity,
      reference.topLogits[k + 1] ?? top[k + 1].logit,
    ]
    const isApart = neighbours.every((neighbour) => Math.abs(neighbour - logit) > LOGIT_TOLERANCE)
    if (isApart && top[k].tokenId !== reference.topIds[k]) {
      found.push(`token ${k} is ${top[k].tokenId} instead of ${reference.topIds[k]}`)
    }
  }
  return found.filter((line) => line !== null)
}

/** The same, and what stands in the score of the token that follows. Ranks are not compared. */
export function scoreDisagreements(score: TokenScore, reference: ReferencePosition): string[] {
  const { targetLogit = NaN, targetLogProb = NaN } = reference
  const found = [
    beyond(LOGIT_TOLERANCE, 'target logit', score.logit, targetLogit),
    beyond(LOG_PROB_TOLERANCE, 'target log-prob', score.logProb, targetLogProb),
    beyond(LOG_PROB_TOLERANCE / Math.LN2, 'surprisal', score.surprisal, -targetLogProb / Math.LN2),
  ]
  return [...disagreements(score, reference), ...found.filter((line) => line !== null)]
}

/** A line where the two are apart; NaN is apart from everything. */
function beyond(tolerance: number, what: string, actual: number, expected: number): string | null {
  return Math.abs(actual - expected) <= tolerance ? null : `${what} is ${actual} instead of ${expected}`
}
