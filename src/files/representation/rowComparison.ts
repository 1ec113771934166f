// The comparison of a file's row with the reference's, in log-probabilities. V = 50257, W columns, at least V
//
// What two correct programs may differ by, for each token:
// - half a step of the file's type at the stored value: rounding to nearest;
// - the same at the reference's logit if the values were computed from logits in that type: log-softmax in float16;
// - the mean of both under the file's distribution: rounding moves the normalizer too;
// - float32 arithmetic, in which the order of additions is free.

import { VOCABULARY_SIZE } from '../../model/gpt2/config'
import { elementAt } from '../../shared/elementAt'
import { logSumExp } from '../../shared/numbers/logProbs'
import type { ComparedRow } from '../../shared/numbers/comparisonSummary'
import { floatStep } from './floatSteps'
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
  /** The token that follows the row, whose log-probabilities are given; null if there is none. */
  readonly nextToken: number | null
}

/**
 * Steps of float32 at the largest logit: 5e-4 nats for GPT-2, whose logits are about −100. Other programs were seen to
 * differ by a tenth of this; another epsilon of LayerNorm, the smallest mistake that is named, changes 4e-3.
 */
const ARITHMETIC_STEPS = 64
/** The least tolerance for arithmetic, for models with small logits: that of the reference tests of this repository. */
const MIN_ARITHMETIC_NATS = 2e-4

/** Compares one row; see above for the tolerance. */
export function compareRow({ values, reference, precision, nextToken }: RowToCompare): RowComparison {
  const logProbs = logProbsOf(values, precision)
  const normalizer = logSumExp(reference)
  const errors = roundingErrors(values, reference, precision)
  const common = meanError(logProbs, errors) + arithmeticError(reference)
  // The logarithm of the largest probability that the file may round to one that is not compared.
  const unresolved =
    precision.kind === 'probabilities' ? Math.log(LEAST_PROBABILITY[precision.rounding]) : -Infinity

  let [maxAbsDelta, maxExcess, tolerance, squares, compared, kl] = [0, 0, 0, 0, 0, 0]
  for (let v = 0; v < VOCABULARY_SIZE; v++) {
    const expected = elementAt(reference, v) - normalizer
    const logProb = elementAt(logProbs, v)
    const isUnresolved = Number.isNaN(logProb) && elementAt(values, v) < LEAST_PROBABILITY[precision.rounding]
    if (isUnresolved && expected <= unresolved + common) continue
    const delta = Math.abs((isUnresolved ? unresolved : logProb) - expected)
    const error = isUnresolved ? common : elementAt(errors, v) + common
    maxAbsDelta = Math.max(maxAbsDelta, finiteOrInfinity(delta))
    maxExcess = Math.max(maxExcess, finiteOrInfinity(delta) - error)
    tolerance = Math.max(tolerance, error)
    squares += delta * delta
    compared++
    const p = Math.exp(expected)
    if (p > 0) kl += p * (expected - (isUnresolved ? unresolved : logProb))
  }
  return {
    logProb: nextToken === null ? null : finiteLogProb(elementAt(logProbs, nextToken), unresolved),
    baselineLogProb: nextToken === null ? null : elementAt(reference, nextToken) - normalizer,
    kl: Math.max(0, finiteOrInfinity(kl)),
    sameTop: haveSameTop(logProbs, reference),
    maxAbsDelta,
    maxExcess,
    tolerance,
    rms: compared === 0 ? Infinity : finiteOrInfinity(Math.sqrt(squares / compared)),
  }
}

/** Whether a row is the reference's, as far as the file's type tells. */
export function isSameRow({ maxExcess }: RowComparison): boolean {
  return maxExcess === 0
}

/** [V] What rounding may change in each log-probability, without the normalizer. */
function roundingErrors(
  values: Float32Array,
  reference: Float32Array,
  { kind, centred, rounding }: Precision,
) {
  const isShifted = kind !== 'logits' || centred
  return reference.map((logit, v) => {
    const value = elementAt(values, v)
    const stored = floatStep(value, rounding) / 2 / (kind === 'probabilities' ? value : 1)
    return stored + (isShifted ? floatStep(logit, rounding) / 2 : 0)
  })
}

function meanError(logProbs: Float32Array, errors: Float32Array): number {
  let sum = 0
  for (let v = 0; v < logProbs.length; v++) {
    const p = Math.exp(elementAt(logProbs, v))
    if (p > 0) sum += p * elementAt(errors, v)
  }
  return Number.isFinite(sum) ? sum : 0
}

function arithmeticError(reference: Float32Array): number {
  const largest = reference.reduce((max, logit) => Math.max(max, Math.abs(logit)), 0)
  return Math.max(MIN_ARITHMETIC_NATS, ARITHMETIC_STEPS * floatStep(largest, 'float32'))
}

/** Of equal values in the file any may be the first: rounding makes many equal. */
function haveSameTop(logProbs: Float32Array, reference: Float32Array): boolean {
  let [top, best] = [0, -Infinity]
  for (let v = 0; v < VOCABULARY_SIZE; v++) {
    if (elementAt(reference, v) > elementAt(reference, top)) top = v
    best = Math.max(best, nanAsLeast(elementAt(logProbs, v)))
  }
  return best > -Infinity && nanAsLeast(elementAt(logProbs, top)) === best
}

function nanAsLeast(value: number): number {
  return Number.isNaN(value) ? -Infinity : value
}

function finiteLogProb(logProb: number, unresolved: number): number {
  return Number.isNaN(logProb) ? unresolved : logProb
}

function finiteOrInfinity(value: number): number {
  return Number.isNaN(value) ? Infinity : value
}
