// Figures of compared tokens, for the panel, the editor and the exports. Δ is always shown − baseline.

import type { ComparedToken } from '../contracts/panel/comparison'
import type { ComparisonSummary } from '../contracts/panel/comparisonSummary'
import type { List } from '../list'
import { summarizeComparison } from './comparisonSummary'

type Scores = Pick<ComparedToken, 'score' | 'baselineScore'>

/** Δ log₂ p of the token, in bits: 1 is twice as likely for the shown side. */
export function deltaBits({ score, baselineScore }: Scores): number {
  return (score.logProb - baselineScore.logProb) / Math.LN2
}

/** Lower bounds of the steps 1 to 3 of |Δ log₂ p|, in bits: a factor of 2, 8 and 64. */
export const DELTA_BOUNDS = [1, 3, 6] as const

/** How far apart the sides are: 0 within one bit. */
export type DeltaStep = 0 | 1 | 2 | 3

/** The step of a Δ in bits. */
export function deltaStep(bits: number): DeltaStep {
  const [first, second, third] = DELTA_BOUNDS
  const size = Math.abs(bits)
  if (size < first) return 0
  return size < second ? 1 : size < third ? 2 : 3
}

/** The compared token at a position of its section, of `tokens` in the order of their positions. */
export function comparedAt(tokens: List<ComparedToken>, position: number): ComparedToken | undefined {
  let [low, high] = [0, tokens.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((tokens.at(middle)?.position ?? Infinity) < position) low = middle + 1
    else high = middle
  }
  const found = tokens.at(low)
  return found?.position === position ? found : undefined
}

/** Whether both sides have the same most likely token. */
export function hasSameTop({ score, baselineScore }: Scores): boolean {
  return score.top.at(0)?.tokenId === baselineScore.top.at(0)?.tokenId
}

/** The figures of all tokens; null if no token was compared. */
export function summarizeTokens(tokens: Iterable<ComparedToken>): ComparisonSummary | null {
  return summarizeComparison(
    Array.from(tokens, ({ score, baselineScore, kl }) => ({
      logProb: score.logProb,
      baselineLogProb: baselineScore.logProb,
      kl,
      sameTop: hasSameTop({ score, baselineScore }),
      maxAbsDelta: Math.abs(score.logProb - baselineScore.logProb),
    })),
  )
}
