// The comparison of a file's row with the reference's, in log-probabilities. V = 50257, W columns, at least V
//
// The difference that two correct programs may have, for each token:
// - half a step of the file's type at the stored value: rounding to nearest;
// - the same at the reference's logit if the values were computed from logits in that type: log-softmax in float16;
// - the mean of both under the file's distribution: rounding moves the normalizer too;
// - float32 arithmetic, in which the order of additions is free.

import { elementAt } from '../../shared/elementAt'
import { logSumExp } from '../../shared/numbers/logProbs'
import type { ComparedRow } from '../../shared/numbers/comparisonSummary'
import { floatStep, floatSteps } from './floatSteps'
import { LEAST_PROBABILITY, logProbsOf } from './logProbsOf'
import type { Precision } from './representation'

/** The comparison of one row, in nats; infinite where the file has no finite number. */
export interface RowComparison extends ComparedRow {
  /** Largest part of a difference that rounding and arithmetic do not explain; 0 if the row is the reference's. */
  readonly maxExcess: number
  /** The largest difference that they do explain, over the tokens of the row. */
  readonly tolerance: number
  /** Root mean square of the differences over the vocabulary. */
  readonly rms: number
}

export interface RowToCompare {
  /** [W] As it is in the file. */
  readonly values: Float32Array
  /** [V] Raw logits. */
  readonly reference: Float32Array
  readonly precision: Precision
  /** The token that follows the row, whose log-probabilities are given; null for the last row. */
  readonly nextToken: number | null
}

/**
 * Steps of float32 at the largest logit: 5e-4 nats for GPT-2, whose logits are about −100. Arithmetic of float32
 * differs by much less; another epsilon of LayerNorm, the smallest mistake that is named, changes 4e-3.
 */
const ARITHMETIC_STEPS = 64
/** The least tolerance for arithmetic, for models with small logits: that of the reference tests of this repository. */
const MIN_ARITHMETIC_NATS = 2e-4

/** Log-probabilities below this have no part in sums that are weighted by probabilities: 50,257 of them add up to 2e-13. */
const NEGLIGIBLE_LOG_PROB = -40

/** Compares one row; see above for the tolerance. */
export function compareRow({ values, reference, precision, nextToken }: RowToCompare): RowComparison {
  const logProbs = logProbsOf(values, precision)
  const normalizer = logSumExp(reference)
  const errors = roundingErrors(values, reference, precision)
  const common = meanError(logProbs, errors) + arithmeticError(reference)
  const least = LEAST_PROBABILITY[precision.rounding]
  const isProbability = precision.kind === 'probabilities'
  // The logarithm of the largest probability that the file may round to one that is not compared.
  const unresolved = isProbability ? Math.log(least) : -Infinity

  let [maxAbsDelta, maxExcess, tolerance, squares, compared, kl] = [0, 0, 0, 0, 0, 0]
  for (let v = 0; v < reference.length; v++) {
    const expected = (reference[v] ?? NaN) - normalizer
    let logProb = logProbs[v] ?? NaN
    let error = (errors[v] ?? NaN) + common
    if (isProbability && (values[v] ?? NaN) < least && Number.isNaN(logProb)) {
      if (expected <= unresolved + common) continue
      logProb = unresolved
      error = common
    }
    const delta = finiteOrInfinity(Math.abs(logProb - expected))
    if (delta > maxAbsDelta) maxAbsDelta = delta
    if (delta - error > maxExcess) maxExcess = delta - error
    if (error > tolerance) tolerance = error
    squares += delta * delta
    compared++
    if (expected > NEGLIGIBLE_LOG_PROB) kl += Math.exp(expected) * (expected - logProb)
  }
  return {
    logProb: nextToken === null ? null : finiteLogProb(elementAt(logProbs, nextToken), unresolved),
    baselineLogProb: nextToken === null ? null : elementAt(reference, nextToken) - normalizer,
    kl: maxAbsDelta === Infinity ? Infinity : Math.max(0, kl),
    sameTop: haveSameTop(logProbs, reference),
    maxAbsDelta,
    maxExcess,
    tolerance,
    rms: compared === 0 ? Infinity : Math.sqrt(squares / compared),
  }
}

/** Whether a row is the reference's, as far as the file's type tells. */
export function isSameRow({ maxExcess }: RowComparison): boolean {
  return maxExcess === 0
}

/** [V] The error of each log-probability that rounding may cause, without the normalizer. */
function roundingErrors(
  values: Float32Array,
  reference: Float32Array,
  { kind, centred, rounding }: Precision,
): Float64Array {
  const stored = floatSteps(values, rounding)
  const errors = new Float64Array(reference.length)
  for (let v = 0; v < reference.length; v++)
    errors[v] = (stored[v] ?? NaN) / 2 / (kind === 'probabilities' ? (values[v] ?? NaN) : 1)
  if (kind === 'logits' && !centred) return errors
  const shifted = floatSteps(reference, rounding)
  for (let v = 0; v < reference.length; v++) errors[v] = (errors[v] ?? NaN) + (shifted[v] ?? NaN) / 2
  return errors
}

/** The mean under the row's own distribution. */
function meanError(logProbs: Float32Array, errors: Float64Array): number {
  let sum = 0
  for (let v = 0; v < logProbs.length; v++) {
    const logProb = logProbs[v] ?? NaN
    if (logProb > NEGLIGIBLE_LOG_PROB) sum += Math.exp(logProb) * (errors[v] ?? NaN)
  }
  return sum
}

function arithmeticError(reference: Float32Array): number {
  const largest = reference.reduce((max, logit) => Math.max(max, Math.abs(logit)), 0)
  return Math.max(MIN_ARITHMETIC_NATS, ARITHMETIC_STEPS * floatStep(largest, 'float32'))
}

/** Of equal values in the file any may be the first: rounding makes many equal. */
function haveSameTop(logProbs: Float32Array, reference: Float32Array): boolean {
  let [top, likeliest, best] = [0, -Infinity, -Infinity]
  for (let v = 0; v < reference.length; v++) {
    const logit = reference[v] ?? NaN
    if (logit > likeliest) [top, likeliest] = [v, logit]
    const logProb = logProbs[v] ?? NaN
    if (logProb > best) best = logProb
  }
  return best > -Infinity && logProbs[top] === best
}

function finiteLogProb(logProb: number, unresolved: number): number {
  return Number.isNaN(logProb) ? unresolved : logProb
}

function finiteOrInfinity(value: number): number {
  return Number.isNaN(value) ? Infinity : value
}
