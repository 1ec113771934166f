/** What an inspection reads off one row of logits, for those who are handed all of them. */
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
  const topIds = new Int32Array(k).fill(-1)
  let filled = 0
  for (let id = 0; id < row.length; id++) {
    const logit = row[id]
    if (filled === k && logit <= row[topIds[k - 1]]) continue
    let place = filled < k ? filled++ : k - 1
    while (place > 0 && row[topIds[place - 1]] < logit) {
      topIds[place] = topIds[place - 1]
      place--
    }
    topIds[place] = id
  }
  const max = row[topIds[0]]
  const targetLogit = target < 0 ? Infinity : row[target]
  let sum = 0
  let weighted = 0
  let greater = 0
  for (let id = 0; id < row.length; id++) {
    const z = row[id] - max
    const exp = Math.exp(z)
    sum += exp
    weighted += exp * z
    if (row[id] > targetLogit) greater++
  }
  return {
    logSumExp: max + Math.log(sum),
    entropy: Math.log(sum) - weighted / sum,
    targetRank: 1 + greater,
    topIds,
  }
}
