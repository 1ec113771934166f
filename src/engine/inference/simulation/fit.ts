// R compared rows, V = tokens of the vocabulary

import { elementAt } from '../../../shared/elementAt'
import type { Fit } from '../../../shared/contracts/simulation'

const UNFIT = Infinity

/**
 * How far rows of logits are from rows of log-probabilities.
 * @param logProbs [R · V] in nats; a value that is not finite is not compared
 * @param logits [R · V]
 */
export function fitOf(logProbs: Float32Array, logits: Float32Array, R: number): Fit {
  const V = logits.length / R
  const deltas = new Float32Array(logits.length)
  const rowRms: number[] = []
  let [square, count, max] = [0, 0, 0]
  for (let r = 0; r < R; r++) {
    const row = rowDeltas(logProbs.subarray(r * V, (r + 1) * V), logits.subarray(r * V, (r + 1) * V))
    deltas.set(row.deltas, r * V)
    rowRms.push(row.count === 0 ? 0 : Math.sqrt(row.square / row.count))
    square += row.square
    count += row.count
    max = Math.max(max, row.max)
  }
  if (!Number.isFinite(square)) return unfit(R)
  const rms = count === 0 ? 0 : Math.sqrt(square / count)
  return { rms, max, rmsWithoutCommon: rmsWithoutCommon(deltas, R), rowRms }
}

function unfit(R: number): Fit {
  return { rms: UNFIT, max: UNFIT, rmsWithoutCommon: UNFIT, rowRms: new Array<number>(R).fill(UNFIT) }
}

interface RowDeltas {
  /** [V] NaN where the file has no finite value. */
  readonly deltas: Float32Array
  readonly square: number
  readonly count: number
  readonly max: number
}

function rowDeltas(logProbs: Float32Array, logits: Float32Array): RowDeltas {
  const logSum = logSumExp(logits)
  const deltas = new Float32Array(logits.length).fill(NaN)
  let [square, count, max] = [0, 0, 0]
  for (let v = 0; v < logits.length; v++) {
    const found = elementAt(logProbs, v)
    if (!Number.isFinite(found)) continue
    const delta = found - (elementAt(logits, v) - logSum)
    deltas[v] = delta
    square += delta * delta
    count++
    max = Math.max(max, Math.abs(delta))
  }
  return { deltas, square, count, max }
}

function logSumExp(logits: Float32Array): number {
  let max = -Infinity
  for (const logit of logits) if (logit > max) max = logit
  let sum = 0
  for (const logit of logits) sum += Math.exp(logit - max)
  return max + Math.log(sum)
}

/**
 * The root of the mean square of [R, V] after the means of rows and columns are subtracted: a vector that all rows share
 * changes the log-sum-exp of each row too. The divisor (R − 1) · V leaves plain noise as large as it is.
 */
function rmsWithoutCommon(deltas: Float32Array, R: number): number {
  const V = deltas.length / R
  if (R < 2) return UNFIT
  const rest = deltas.slice()
  for (let r = 0; r < R; r++) centre(rest.subarray(r * V, (r + 1) * V))
  let [square, count] = [0, 0]
  for (let v = 0; v < V; v++) {
    let [sum, squares, rows] = [0, 0, 0]
    for (let r = 0; r < R; r++) {
      const value = elementAt(rest, r * V + v)
      if (Number.isNaN(value)) continue
      sum += value
      squares += value * value
      rows++
    }
    if (rows < 2) continue
    square += squares - (sum * sum) / rows
    count += rows - 1
  }
  return count === 0 ? UNFIT : Math.sqrt(Math.max(square, 0) / count)
}

/** Subtracts the mean from the values that are numbers. */
function centre(values: Float32Array): void {
  let [sum, count] = [0, 0]
  for (const value of values) {
    if (Number.isNaN(value)) continue
    sum += value
    count++
  }
  const mean = count === 0 ? 0 : sum / count
  for (let v = 0; v < values.length; v++) values[v] = elementAt(values, v) - mean
}
