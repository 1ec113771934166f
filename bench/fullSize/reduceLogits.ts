import { largestFirst } from '../../src/shared/numbers/logProbs'
import { elementAt } from '../../src/shared/elementAt'

/** The values that an inspection needs of one row of logits. */
export interface ReducedRow {
  readonly logSumExp: number
  readonly entropy: number
  readonly targetRank: number
  readonly topIds: Int32Array
}

/**
 * Logits [S, V] → top k, log-sum-exp, entropy and the target's rank of every row, in JavaScript.
 * @param targets [S], −1 for none
 */
export function reduceLogits(
  logits: Float32Array,
  targets: Int32Array,
  vocabSize: number,
  k: number,
): ReducedRow[] {
  return Array.from(targets, (target, s) =>
    reduceRow(logits.subarray(s * vocabSize, (s + 1) * vocabSize), target, k),
  )
}

function reduceRow(row: Float32Array, target: number, k: number): ReducedRow {
  const topIds = largestFirst(row, k)
  const max = elementAt(row, elementAt(topIds, 0))
  const targetLogit = target < 0 ? Infinity : elementAt(row, target)
  let sum = 0
  let weighted = 0
  let greater = 0
  for (const logit of row) {
    const z = logit - max
    const exp = Math.exp(z)
    sum += exp
    weighted += exp * z
    if (logit > targetLogit) greater++
  }
  return {
    logSumExp: max + Math.log(sum),
    entropy: Math.log(sum) - weighted / sum,
    targetRank: 1 + greater,
    topIds: Int32Array.from(topIds),
  }
}
