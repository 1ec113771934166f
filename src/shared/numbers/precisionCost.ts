import type { PrecisionCost, TokenScore } from '../contracts/prediction'
import { formatCount, formatCounted, formatDecimal, formatProbability } from '../text/format'

/** Compares the scores of the same tokens in two precisions; null if no token was scored in both. */
export function precisionCost(
  ours: readonly (TokenScore | null)[],
  theirs: readonly (TokenScore | null)[],
): PrecisionCost | null {
  let tokens = 0
  let sum = 0
  let max = 0
  let same = 0
  for (const [i, score] of ours.entries()) {
    const other = theirs.at(i) ?? null
    if (score === null || other === null) continue
    const delta = Math.abs(score.logProb - other.logProb)
    tokens++
    sum += delta
    max = Math.max(max, delta)
    if (score.top.at(0)?.tokenId === other.top.at(0)?.tokenId) same++
  }
  return tokens === 0 ? null : { tokens, mean: sum / tokens, max, sameTop: same / tokens }
}

/** `int8 against fp32: |Δ log-prob| 0.0173 mean, 0.192 at most · same top token in 99.0 % · 84 tokens` */
export function describePrecisionCost({ tokens, mean, max, sameTop }: PrecisionCost): string {
  return [
    `int8 against fp32: |Δ log-prob| ${formatDecimal(mean, 4)} nats on average, ${formatDecimal(max, 3)} at most`,
    `same top token in ${formatProbability(sameTop)}`,
    formatCounted(tokens, 'token'),
  ].join(' · ')
}

/** `120 of 512 tokens in the other precision` */
export function describeMeasuring(done: number, total: number): string {
  return `${formatCount(done)} of ${formatCounted(total, 'token')} in the other precision`
}
