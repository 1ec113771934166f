// How exactly a file's numbers say what was computed.

import { floatStep } from '../files/representation/floatSteps'
import { LEAST_PROBABILITY } from '../files/representation/logProbsOf'
import type { Precision } from '../files/representation/representation'

/**
 * Two correct programs add the same float32 numbers in another order. Their log-probabilities then differ by about this
 * many steps of a float32 as large as the logits: 1e-4 nats for GPT-2, whose logits are about −100.
 */
const ARITHMETIC_STEPS = 16

/** Rounding to a float takes an error that is uniform within half a step. */
const UNIFORM_DEVIATION = 1 / Math.sqrt(12)

/**
 * The root of the mean square of what rounding and arithmetic change in the log-probabilities of a row, in nats.
 * @param values of the row as they are in the file
 */
export function noiseOfRow(values: Float32Array, { kind, rounding }: Precision): number {
  const areProbabilities = kind === 'probabilities'
  let [rounded, arithmetic, count] = [0, 0, 0]
  for (const value of values) {
    if (!Number.isFinite(value) || (areProbabilities && value < LEAST_PROBABILITY[rounding])) continue
    const step = floatStep(value, rounding)
    rounded += (areProbabilities ? step / value : step) ** 2
    arithmetic += floatStep(areProbabilities ? Math.log(value) : value, 'float32') ** 2
    count++
  }
  if (count === 0) return 0
  return Math.hypot(
    Math.sqrt(rounded / count) * UNIFORM_DEVIATION,
    Math.sqrt(arithmetic / count) * ARITHMETIC_STEPS,
  )
}
