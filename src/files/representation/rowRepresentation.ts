// Reads the kind and rounding of a file off the values of its rows. V = 50257, W columns, at least V

import { VOCABULARY_SIZE } from '../../model/gpt2/config'
import { elementAt } from '../../shared/elementAt'
import { logSumExp } from '../../shared/numbers/logProbs'
import { floatStep, roundingOfValues } from './floatSteps'
import { logProbsOf } from './logProbsOf'
import type { LogitsKind, Rounding } from './representation'

/**
 * How far log-sum-exp of log-probabilities can be from 0: the rounding of the likely tokens, whose log-probabilities are
 * above −16. Log-sum-exp of GPT-2's logits is about −30 and never comes so near in several rows.
 */
const LOG_SUM_TOLERANCE: Readonly<Record<Rounding, number>> = {
  float32: 1e-3,
  float16: floatStep(16, 'float16'),
  bfloat16: floatStep(16, 'bfloat16'),
}

/** How far the sum of probabilities can be from 1: 50,257 roundings, nearly all below the least normal number. */
const SUM_TOLERANCE: Readonly<Record<Rounding, number>> = { float32: 1e-3, float16: 0.01, bfloat16: 0.02 }

/** How far the mean of a centred row can be from 0. The mean of GPT-2's logits is −30 to −100. */
const MEAN_TOLERANCE = 0.05

/** The kind of the rows if all of them show the same; logits otherwise. */
export function kindOfRows(rows: readonly Float32Array[], rounding: Rounding): LogitsKind {
  const kinds = new Set(rows.map((row) => kindOfRow(row, rounding)))
  const [kind = 'logits', ...others] = kinds
  return others.length === 0 ? kind : 'logits'
}

/** Whether the softmax was taken over the padding too, so that the tokens' probabilities do not add up to 1. */
export function isNormalizedWithPadding(row: Float32Array, kind: LogitsKind): boolean {
  if (kind === 'logits' || row.length === VOCABULARY_SIZE) return false
  const padding = row.subarray(VOCABULARY_SIZE)
  return kind === 'probabilities'
    ? padding.some((value) => value > 0)
    : padding.some((value) => value > -Infinity)
}

/** Whether the mean over the tokens is 0 in every row, and not in the reference. */
export function haveMeanZero(rows: readonly Float32Array[], reference: Float32Array): boolean {
  const isZero = (row: Float32Array) => Math.abs(meanOfTokens(row)) <= MEAN_TOLERANCE
  return rows.every(isZero) && Math.abs(meanOfTokens(reference)) > 10 * MEAN_TOLERANCE
}

/**
 * The coarsest type that the values show. A constant that was subtracted from a row after rounding, as log-softmax does,
 * leaves equal values equal: such a row has few different values, and their distance is that of the type at the logits.
 * @param reference any row of logits of the model, for their magnitude
 */
export function roundingOfRows(rows: readonly Float32Array[], reference: Float32Array): Rounding {
  const roundings = new Set(
    rows.map((row) => {
      const exact = roundingOfValues(row)
      return exact === 'float32' ? roundingBeforeShift(row, reference) : exact
    }),
  )
  // A type counts only if all rows have it, so the finest one does.
  const finestFirst: readonly Rounding[] = ['float32', 'float16', 'bfloat16']
  return finestFirst.find((rounding) => roundings.has(rounding)) ?? 'float32'
}

function kindOfRow(row: Float32Array, rounding: Rounding): LogitsKind {
  const tokens = row.subarray(0, VOCABULARY_SIZE)
  for (const values of row === tokens ? [row] : [tokens, row]) {
    if (isDistribution(values, rounding)) return 'probabilities'
    if (Math.abs(logSumExp(values)) <= LOG_SUM_TOLERANCE[rounding]) return 'log-probabilities'
  }
  return 'logits'
}

function isDistribution(values: Float32Array, rounding: Rounding): boolean {
  let sum = 0
  for (const value of values) {
    if (!(value >= 0)) return false
    sum += value
  }
  return Math.abs(sum - 1) <= SUM_TOLERANCE[rounding]
}

function meanOfTokens(row: Float32Array): number {
  let sum = 0
  for (let v = 0; v < VOCABULARY_SIZE; v++) sum += elementAt(row, v)
  return sum / VOCABULARY_SIZE
}

/** A row of float32 numbers has 49,000 different values or more. */
const MAX_ROUNDED_VALUES = 25_000

function roundingBeforeShift(row: Float32Array, reference: Float32Array): Rounding {
  const values = row.subarray(0, VOCABULARY_SIZE)
  if (new Set(values).size > MAX_ROUNDED_VALUES) return 'float32'
  const kind = kindOfRow(row, 'float32')
  const logs = [
    ...new Set(kind === 'probabilities' ? logProbsOf(row, { kind, rounding: 'float32' }) : values),
  ]
  const step = medianStep(logs.filter(Number.isFinite).sort((a, b) => a - b))
  const magnitude = medianOf(reference.map(Math.abs))
  // Between the steps of the two types, which differ by a factor of eight; float32's is a million times smaller.
  if (step < floatStep(magnitude, 'float16') / 8) return 'float32'
  return step < floatStep(magnitude, 'float16') * Math.sqrt(8) ? 'float16' : 'bfloat16'
}

function medianStep(sorted: readonly number[]): number {
  const steps = sorted.slice(1).map((value, i) => value - elementAt(sorted, i))
  return steps.length === 0 ? 0 : medianOf(Float64Array.from(steps))
}

function medianOf(values: Float32Array | Float64Array): number {
  return elementAt(values.slice().sort(), Math.floor(values.length / 2))
}
