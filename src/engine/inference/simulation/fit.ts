// R compared rows, V = tokens of the vocabulary

import type { Fit } from '../../../shared/contracts/engine/simulation'

/**
 * How far rows of logits are from rows of log-probabilities, apart from a constant of each row: rounding one large logit
 * shifts all log-probabilities of its row.
 * @param logProbs [R · V] in nats; a value that is not finite is not compared
 * @param logits [R · V]
 */
export function fitOf(logProbs: Float32Array, logits: Float32Array, R: number): Fit {
  const V = logits.length / R
  /** Of each token over the rows. */
  const [sums, squares, counts] = [new Float64Array(V), new Float64Array(V), new Uint32Array(V)]
  const rowRms: number[] = []
  let [square, count, max] = [0, 0, 0]
  for (let r = 0; r < R; r++) {
    const deltas = rowDeltas(logProbs.subarray(r * V, (r + 1) * V), logits.subarray(r * V, (r + 1) * V))
    let [rowSquare, rowCount] = [0, 0]
    for (let v = 0; v < V; v++) {
      const delta = deltas[v] ?? NaN
      if (Number.isNaN(delta)) continue
      rowSquare += delta * delta
      rowCount++
      if (delta > max) max = delta
      else if (-delta > max) max = -delta
      sums[v] = (sums[v] ?? 0) + delta
      squares[v] = (squares[v] ?? 0) + delta * delta
      counts[v] = (counts[v] ?? 0) + 1
    }
    rowRms.push(rowCount === 0 ? 0 : Math.sqrt(rowSquare / rowCount))
    square += rowSquare
    count += rowCount
  }
  if (count === 0 || !Number.isFinite(square)) return unfit(R)
  return {
    rms: Math.sqrt(square / count),
    max,
    rmsWithoutCommon: rmsWithoutCommon(sums, squares, counts),
    rowRms,
  }
}

function unfit(R: number): Fit {
  return {
    rms: Infinity,
    max: Infinity,
    rmsWithoutCommon: Infinity,
    rowRms: new Array<number>(R).fill(Infinity),
  }
}

/** The differences [V] of a row, with mean 0; NaN where the file has no number, infinite if a logit is no number. */
function rowDeltas(logProbs: Float32Array, logits: Float32Array): Float32Array {
  const deltas = new Float32Array(logits.length)
  let [sum, count] = [0, 0]
  for (let v = 0; v < deltas.length; v++) {
    const found = logProbs[v] ?? NaN
    const delta = Number.isFinite(found) ? found - (logits[v] ?? NaN) : NaN
    deltas[v] = delta
    if (!Number.isFinite(found)) continue
    sum += delta
    count++
  }
  const mean = sum / count
  if (!Number.isFinite(mean)) return deltas.fill(Infinity)
  for (let v = 0; v < deltas.length; v++) deltas[v] = (deltas[v] ?? NaN) - mean
  return deltas
}

/**
 * The root of the mean square after the mean of every token over the rows is subtracted. The divisor leaves plain noise as
 * large as it is.
 */
function rmsWithoutCommon(sums: Float64Array, squares: Float64Array, counts: Uint32Array): number {
  let [square, count] = [0, 0]
  for (let v = 0; v < sums.length; v++) {
    const rows = counts[v] ?? 0
    if (rows < 2) continue
    const sum = sums[v] ?? NaN
    square += (squares[v] ?? NaN) - (sum * sum) / rows
    count += rows - 1
  }
  return count === 0 ? Infinity : Math.sqrt(Math.max(square, 0) / count)
}
