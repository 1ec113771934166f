// The colours of tokens: by a metric of the shown side, or by the difference of the two sides of a comparison.

import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import { deltaBits } from '../../../src/shared/numbers/comparedTokens'
import { METRIC_SCALES, METRICS, type Metric, stepOf } from '../../../src/shared/numbers/metrics'
import { isCompared, likelierTexts, type SideNames, sideNames } from '../../../src/shared/text/comparisonText'
import { formatDecimal } from '../../../src/shared/text/format'
import { sideOf, sideStep } from './comparison'
import type { Row } from './rows'
import { describeUncompared } from './uncompared'

/** `delta`: log₂ p of the shown side − that of the baseline. */
export type ColourBy = Metric | 'delta'

/** In the order of the list; `delta` only while the inspection is compared. */
export const COMPARED_COLOURS: readonly ColourBy[] = ['delta', ...METRICS]

/** How tokens are coloured, and what is said of their values. */
export interface Colouring {
  readonly by: ColourBy
  /** In the list `Colour by`. */
  readonly label: string
  /** For the bars over the text. */
  readonly chartLabel: string
  /** The class of a token, or of tokens that share a character. */
  readonly classOf: (rows: readonly Row[]) => string
  /** The height of a token's bar, below 0 for a bar downwards; null if it has none. */
  readonly weightOf: (row: Row) => number | null
  readonly valueText: (row: Row) => string
  /** Null for a metric. */
  readonly sides: SideNames | null
}

/** Keeps the colouring the same object as long as nothing in it changes. */
export class ColouringStore {
  private current: Colouring | undefined
  private key = ''

  colouringOf(by: ColourBy, inspection: Inspection): Colouring {
    const names = by === 'delta' && isCompared(inspection) ? sideNames(inspection) : null
    const key = JSON.stringify([by, names])
    if (this.current !== undefined && key === this.key) return this.current
    this.key = key
    this.current = createColouring(by, inspection)
    return this.current
  }
}

function createColouring(by: ColourBy, inspection: Inspection): Colouring {
  if (by !== 'delta') return metricColouring(by)
  return isCompared(inspection)
    ? deltaColouring(sideNames(inspection), likelierTexts(inspection))
    : metricColouring('surprisal')
}

function metricColouring(metric: Metric): Colouring {
  const { label, valueOf, weightOf, format } = METRIC_SCALES[metric]
  const valueText = ({ score }: Row) => (score === null ? 'not scored' : format(valueOf(score)))
  return {
    by: metric,
    label,
    chartLabel: `${label} over the text`,
    // The step of the most surprising token.
    classOf: (rows) => {
      const steps = rows.flatMap(({ score }) => (score === null ? [] : [stepOf(metric, valueOf(score))]))
      return steps.length === 0 ? 'unscored' : `step${Math.max(...steps)}`
    },
    weightOf: ({ score }) => (score === null ? null : weightOf(valueOf(score))),
    valueText,
    sides: null,
  }
}

function deltaColouring(names: SideNames, likelier: SideNames): Colouring {
  const deltaOf = ({ compared }: Row) => (compared === null ? null : deltaBits(compared))
  return {
    by: 'delta',
    label: DELTA_LABEL,
    chartLabel: 'Difference of the two over the text',
    // The step of the token whose sides are furthest apart.
    classOf: (rows) => {
      if (rows.every(({ uncompared }) => uncompared === 'onlyShown')) return 'only-shown'
      const deltas = rows.flatMap((row) => deltaOf(row) ?? [])
      if (deltas.length === 0) return 'unscored'
      return sideStep(deltas.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a))) ?? ''
    },
    weightOf: deltaOf,
    valueText: (row) => {
      const bits = deltaOf(row)
      if (bits !== null) return describeDelta(bits, likelier)
      if (row.uncompared === null) return 'not compared'
      return row.uncompared === 'onlyShown'
        ? `only in ${names.shown}`
        : lowerFirst(describeUncompared(row.uncompared, names)).replace(/\.$/, '')
    },
    sides: names,
  }
}

/** `9.98 bits likelier for gpt2` */
export function describeDelta(bits: number, likelier: SideNames): string {
  const size = formatDecimal(Math.abs(bits))
  if (Number(size) === 0) return 'equally likely'
  return `${size} bits ${sideOf(bits) === 'plus' ? likelier.shown : likelier.baseline}`
}

/** The label of a choice of `Colour by`. */
export function colourLabel(by: ColourBy): string {
  return by === 'delta' ? DELTA_LABEL : METRIC_SCALES[by].label
}

const DELTA_LABEL = 'Δ of the two'

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
