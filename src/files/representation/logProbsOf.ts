// V = 50257, W columns, at least V

import { VOCABULARY_SIZE } from '../../model/gpt2/config'
import { assertNever } from '../../shared/assertNever'
import { logSumExp } from '../../shared/numbers/logProbs'
import { floatStep } from './floatSteps'
import type { Precision, Rounding } from './representation'

/**
 * A probability whose neighbours differ from it by more than this part is not compared: small ones have few bits left
 * in float16.
 */
const MAX_RELATIVE_STEP = 2 ** -6

/**
 * The least probability that is compared. Below the least normal number of float32 and bfloat16 many programs write 0.
 */
export const LEAST_PROBABILITY: Readonly<Record<Rounding, number>> = {
  float32: 2 ** -126,
  float16: floatStep(0, 'float16') / MAX_RELATIVE_STEP,
  bfloat16: 2 ** -126,
}

/**
 * Log-probabilities [V] over the vocabulary of a row [W] of a file, normalized. NaN for probabilities that are rounded too
 * coarsely, and for the whole row if it has NaN, +∞ or a negative probability.
 */
export function logProbsOf(
  row: Float32Array,
  { kind, rounding }: Pick<Precision, 'kind' | 'rounding'>,
): Float32Array {
  const values = row.subarray(0, VOCABULARY_SIZE)
  switch (kind) {
    case 'logits':
    case 'log-probabilities': {
      const normalizer = logSumExp(values)
      return values.map((value) => value - normalizer)
    }
    case 'probabilities': {
      const sum = values.reduce((total, value) => (value >= 0 ? total + value : NaN), 0)
      const least = LEAST_PROBABILITY[rounding]
      return values.map((value) => (value >= least ? Math.log(value / sum) : NaN))
    }
    default:
      return assertNever(kind)
  }
}
