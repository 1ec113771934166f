// Differences from the reference that exceed its tolerances; see test/fixtures/reference/README.md.

import { elementAt } from '../../../src/shared/elementAt'
import type { Distribution, TokenScore } from '../../../src/shared/contracts/engine/prediction'
import type { ReferencePosition } from './referenceTexts'

export const LOG_PROB_TOLERANCE = 2e-4
export const LOGIT_TOLERANCE = 1e-3
export const ENTROPY_TOLERANCE = 2e-4

/**
 * Differences of a distribution from the reference, one line each.
 * @param distribution with at least one more alternative than the reference
 */
export function disagreements(
  { logSumExp, entropy, top: alternatives }: Distribution,
  reference: ReferencePosition,
): string[] {
  const top = [...alternatives]
  const found = [
    beyond(LOGIT_TOLERANCE, 'log-sum-exp', logSumExp, reference.logSumExp),
    beyond(ENTROPY_TOLERANCE, 'entropy', entropy, reference.entropyNats / Math.LN2),
  ]
  for (const [k, logit] of reference.topLogits.entries()) {
    const alternative = elementAt(top, k)
    found.push(beyond(LOGIT_TOLERANCE, `logit ${k}`, alternative.logit, logit))
    found.push(beyond(LOG_PROB_TOLERANCE, `log-prob ${k}`, alternative.logProb, logit - reference.logSumExp))
    const neighbours = [
      reference.topLogits[k - 1] ?? Infinity,
      reference.topLogits[k + 1] ?? elementAt(top, k + 1).logit,
    ]
    const isApart = neighbours.every((neighbour) => Math.abs(neighbour - logit) > LOGIT_TOLERANCE)
    if (isApart && alternative.tokenId !== reference.topIds[k]) {
      found.push(`token ${k} is ${alternative.tokenId} instead of ${reference.topIds[k]}`)
    }
  }
  return found.filter((line) => line !== null)
}

/** The same for a score, including the logit and log-probability of its token. Ranks are not compared. */
export function scoreDisagreements(score: TokenScore, reference: ReferencePosition): string[] {
  const { targetLogit = NaN, targetLogProb = NaN } = reference
  const found = [
    beyond(LOGIT_TOLERANCE, 'target logit', score.logit, targetLogit),
    beyond(LOG_PROB_TOLERANCE, 'target log-prob', score.logProb, targetLogProb),
    beyond(LOG_PROB_TOLERANCE / Math.LN2, 'surprisal', score.surprisal, -targetLogProb / Math.LN2),
  ]
  return [...disagreements(score, reference), ...found.filter((line) => line !== null)]
}

/** A line if the numbers differ by more than the tolerance, or one is NaN. */
function beyond(tolerance: number, what: string, actual: number, expected: number): string | null {
  return Math.abs(actual - expected) <= tolerance ? null : `${what} is ${actual} instead of ${expected}`
}
