// The metrics that tokens are coloured by, and their five steps, for the panel, the heatmap and the exports.

import type { TokenScore } from '../contracts/engine/prediction'
import { elementAt } from '../elementAt'
import { formatCount, formatDecimal, formatProbability } from '../text/format'

export const METRICS = ['surprisal', 'rank', 'entropy', 'probability'] as const
export type Metric = (typeof METRICS)[number]

/** 1 is the most expected, 5 the most surprising. */
export const STEPS = [1, 2, 3, 4, 5] as const
export type Step = (typeof STEPS)[number]

export interface MetricScale {
  readonly label: string
  /** The text before the steps in the legend. */
  readonly legend: string
  /** Labels of the five steps. */
  readonly steps: readonly [string, string, string, string, string]
  readonly valueOf: (score: TokenScore) => number
  /** Lower bounds of the steps 2 to 5, in units of `weightOf`. */
  readonly bounds: readonly [number, number, number, number]
  /** Grows with how surprising the value is; the height of a bar. */
  readonly weightOf: (value: number) => number
  readonly format: (value: number) => string
}

export const METRIC_SCALES: Readonly<Record<Metric, MetricScale>> = {
  surprisal: {
    label: 'Surprisal',
    legend: 'surprisal in bits',
    steps: ['0–2', '2–5', '5–8', '8–12', '12+'],
    bounds: [2, 5, 8, 12],
    valueOf: (score) => score.surprisal,
    weightOf: (bits) => bits,
    format: (bits) => `${formatDecimal(bits, 1)} bits`,
  },
  rank: {
    label: 'Rank',
    legend: 'rank (1 = most likely)',
    steps: ['1', '2–10', '11–100', '101–1,000', '1,001+'],
    // GLTR's bounds; a bar's height is the rank's order of magnitude.
    bounds: [Math.log10(2), Math.log10(11), Math.log10(101), Math.log10(1001)],
    valueOf: (score) => score.rank,
    weightOf: (rank) => Math.log10(rank),
    format: (rank) => `rank ${formatCount(rank)}`,
  },
  entropy: {
    label: 'Entropy',
    legend: 'entropy in bits',
    steps: ['0–2', '2–4', '4–6', '6–8', '8+'],
    bounds: [2, 4, 6, 8],
    valueOf: (score) => score.entropy,
    weightOf: (bits) => bits,
    format: (bits) => `${formatDecimal(bits, 1)} bits`,
  },
  probability: {
    label: 'Probability',
    legend: 'probability in %',
    steps: ['25+', '3.1–25', '0.39–3.1', '0.024–0.39', '0–0.024'],
    // The bounds of surprisal as probabilities: 2^-2, 2^-5, 2^-8, 2^-12.
    bounds: [2, 5, 8, 12],
    valueOf: (score) => Math.exp(score.logProb),
    weightOf: (probability) => -Math.log2(probability),
    format: formatProbability,
  },
}

/** The step of a metric's value. */
export function stepOf(metric: Metric, value: number): Step {
  const { bounds, weightOf } = METRIC_SCALES[metric]
  const weight = weightOf(value)
  const passed = bounds.filter((bound) => weight >= bound).length
  return elementAt(STEPS, passed)
}

/** The step of a scored token. */
export function stepOfScore(metric: Metric, score: TokenScore): Step {
  return stepOf(metric, METRIC_SCALES[metric].valueOf(score))
}
