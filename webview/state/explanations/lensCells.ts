import type { LensRow } from '../../../src/shared/contracts/engine/explanation'
import { elementAt } from '../../../src/shared/elementAt'
import { layerCount, mostLikelyAt } from '../../../src/shared/numbers/lens'
import { METRIC_SCALES } from '../../../src/shared/numbers/metrics'
import { formatCount, formatDecimal, formatProbability } from '../../../src/shared/text/format'

/** The quantities that can colour the cells of the lens. */
export const LENS_CELLS = ['shownProbability', 'actualProbability', 'actualRank', 'entropy', 'kl'] as const
export type LensCells = (typeof LENS_CELLS)[number]

export interface LensScale {
  readonly label: string
  /** `likely`: blue steps, more for more probability. `step`: warm steps, more for more surprise. */
  readonly colour: 'likely' | 'step'
  /** Labels of the five steps. */
  readonly steps: readonly [string, string, string, string, string]
  /** Lower bounds of the steps 2 to 5. */
  readonly bounds: readonly [number, number, number, number]
  /** The value after a layer; null for a row without actual token, if the value is about that. */
  readonly valueOf: (row: LensRow, layer: number) => number | null
  readonly format: (value: number) => string
}

const PROBABILITY = {
  colour: 'likely',
  steps: ['0–5 %', '5–20', '20–50', '50–80', '80 %+'],
  bounds: [0.05, 0.2, 0.5, 0.8],
  format: formatProbability,
} as const

export const LENS_SCALES: Readonly<Record<LensCells, LensScale>> = {
  shownProbability: {
    ...PROBABILITY,
    label: 'probability of the token shown',
    valueOf: (row, layer) => Math.exp(mostLikelyAt(row, layer, 1)[0]?.logProb ?? -Infinity),
  },
  actualProbability: {
    ...PROBABILITY,
    label: 'probability of the actual token',
    valueOf: (row, layer) => (hasActual(row) ? Math.exp(elementAt(row.logProb, layer)) : null),
  },
  actualRank: {
    label: 'rank of the actual token',
    colour: 'step',
    steps: METRIC_SCALES.rank.steps,
    bounds: [2, 11, 101, 1001],
    valueOf: (row, layer) => (hasActual(row) ? elementAt(row.rank, layer) : null),
    format: (rank) => `rank ${formatCount(rank)}`,
  },
  entropy: {
    label: 'entropy in bits',
    colour: 'step',
    steps: METRIC_SCALES.entropy.steps,
    bounds: METRIC_SCALES.entropy.bounds,
    valueOf: (row, layer) => elementAt(row.entropy, layer),
    format: (bits) => `entropy ${formatDecimal(bits)} bits`,
  },
  kl: {
    label: 'KL to the output in nats',
    colour: 'step',
    steps: ['0–0.1', '0.1–0.5', '0.5–2', '2–5', '5+'],
    bounds: [0.1, 0.5, 2, 5],
    valueOf: (row, layer) => elementAt(row.kl, layer),
    format: (nats) => `KL to the output ${formatDecimal(nats)} nats`,
  },
}

/** Whether the row has a target: all but `next` have one, whose rank is at least 1. */
export function hasActual({ rank }: LensRow): boolean {
  return elementAt(rank, 0) > 0
}

/** The CSS class of a cell, `likely3` or `step2`; null if it has no value. */
export function cellClass(cells: LensCells, row: LensRow, layer: number): string | null {
  const { colour, bounds, valueOf } = LENS_SCALES[cells]
  const value = valueOf(row, layer)
  return value === null ? null : `${colour}${1 + bounds.filter((bound) => value >= bound).length}`
}

/** The layer that is shown: `layer`, or the last one. */
export function shownLayer(layer: number | null, row: LensRow): number {
  return layer ?? layerCount(row) - 1
}
