import { assertNever } from '../../../src/shared/assertNever'
import type { Column } from '../../../src/shared/contracts/panel/protocol'
import type { TokenScore } from '../../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../../src/shared/elementAt'
import { deltaBits } from '../../../src/shared/numbers/comparedTokens'
import { formatCount, formatDecimal, formatProbability } from '../../../src/shared/text/format'
import type { ComparedColumn } from '../comparison/comparedColumns'
import type { SortColumn } from '../inspection/panelState'
import type { Row } from '../rows/rows'

/** Every column that the table can have. `position` and `token` are always shown, and come first. */
export type TableColumn = Column | ComparedColumn | 'position' | 'token'

export interface ColumnView {
  readonly label: string
  readonly title: string
  readonly numeric: boolean
  /** Of a comparison: the column is headed by the name of this side, under the label, which both sides' columns share. */
  readonly side?: 'shown' | 'baseline'
}

const PROBABILITY = { label: 'Probability', title: 'Probability over the full vocabulary', numeric: true }
const RANK = { label: 'Rank', title: '1 is the most likely of all tokens', numeric: true }
const MOST_LIKELY = { label: 'Most likely', title: 'The most likely token at this position', numeric: false }

export const COLUMN_VIEWS: Readonly<Record<TableColumn, ColumnView>> = {
  position: { label: '#', title: 'Position in the text, from 0', numeric: true },
  token: { label: 'Token', title: 'The token of the text', numeric: false },
  tokenId: { label: 'Id', title: 'Token id in the vocabulary', numeric: true },
  logit: { label: 'Logit', title: 'Raw output of the LM head', numeric: true },
  logProb: { label: 'Log-prob', title: 'Log-probability, in nats', numeric: true },
  probability: PROBABILITY,
  rank: RANK,
  surprisal: { label: 'Surprisal', title: '−log₂ of the probability, in bits', numeric: true },
  entropy: { label: 'Entropy', title: 'Entropy of the full distribution, in bits', numeric: true },
  depth: {
    label: 'Depth',
    title:
      'Prediction depth: the first layer from which the most likely token stays the same, 0 for the embeddings; known for what the tab Lens has shown',
    numeric: true,
  },
  alternatives: {
    label: 'Top predictions',
    title: 'The most likely tokens at this position',
    numeric: false,
  },
  shownProbability: { ...PROBABILITY, side: 'shown' },
  baselineProbability: { ...PROBABILITY, side: 'baseline' },
  shownRank: { ...RANK, side: 'shown' },
  baselineRank: { ...RANK, side: 'baseline' },
  delta: {
    label: 'Δ log₂ p',
    title: 'log₂ of the ratio of both probabilities, in bits; rows are ordered by its size',
    numeric: true,
  },
  shownTop: { ...MOST_LIKELY, side: 'shown' },
  baselineTop: { ...MOST_LIKELY, side: 'baseline' },
}

/** Which columns a table has room for: each one needs the room of all that are before it here. */
const ORDER_OF_APPEARANCE: readonly TableColumn[] = [
  'position',
  'token',
  'delta',
  'shownProbability',
  'baselineProbability',
  'shownRank',
  'baselineRank',
  'shownTop',
  'baselineTop',
  'probability',
  'surprisal',
  'rank',
  'alternatives',
  'entropy',
  'depth',
  'logit',
  'tokenId',
  'logProb',
]
const MIN_COLUMNS = 2

/** The space for the columns of a table, in pixels. */
export interface ColumnSpace {
  readonly available: number
  /** The least width of each column, so that neither its label nor a value is cut. */
  readonly widths: ReadonlyMap<TableColumn, number>
}

/** Those of the columns that fit, in the same order; at least `position` and `token`. */
export function fittingColumns(
  columns: readonly TableColumn[],
  { available, widths }: ColumnSpace,
): readonly TableColumn[] {
  const byPriority = ORDER_OF_APPEARANCE.filter((column) => columns.includes(column))
  let room = available
  const tooWide = byPriority.findIndex((column) => {
    room -= widths.get(column) ?? 0
    return room < 0
  })
  const fitting = tooWide === -1 ? byPriority.length : Math.max(MIN_COLUMNS, tooWide)
  // A column of one side is not shown without that of the other.
  const isHalfPair = COLUMN_VIEWS[elementAt(byPriority, fitting - 1)].side === 'shown'
  const count = isHalfPair ? fitting - 1 : fitting
  const shown = new Set(byPriority.slice(0, count))
  return columns.filter((column) => shown.has(column))
}

/** How much wider than its minimum the token's column is if no other column takes the remaining space. */
const MAX_TOKEN_GROWTH = 3

/** Columns that take the remaining space, beside the difference, whose bars do too; without them, the tokens do. */
const FLEXIBLE: readonly TableColumn[] = ['alternatives', 'shownTop', 'baselineTop']

/** The value of CSS's `grid-template-columns`. */
export function gridTemplate(
  columns: readonly TableColumn[],
  widths: ReadonlyMap<TableColumn, number>,
): string {
  const hasFlexible = columns.some((column) => FLEXIBLE.includes(column))
  return columns
    .map((column) => {
      const width = widths.get(column) ?? 0
      if (FLEXIBLE.includes(column)) return 'minmax(0, 1fr)'
      if (column === 'delta') return `minmax(${width}px, 1fr)`
      if (column === 'token' && !hasFlexible && !columns.includes('delta'))
        return `minmax(${width}px, ${MAX_TOKEN_GROWTH * width}px)`
      return `${width}px`
    })
    .join(' ')
}

/** Whether the column has numbers to sort by. */
export function isSortable(column: TableColumn): column is SortColumn {
  return column !== 'token' && !FLEXIBLE.includes(column)
}

/** The row's value in a column; null if the row has none. */
export function numberAt(
  column: SortColumn,
  { position, token, score, distribution, depth, compared }: Row,
): number | null {
  switch (column) {
    case 'position':
      return position
    case 'tokenId':
      return token?.tokenId ?? null
    case 'logit':
      return score?.logit ?? null
    case 'logProb':
      return score?.logProb ?? null
    case 'probability':
      return probabilityOf(score)
    case 'rank':
      return score?.rank ?? null
    case 'surprisal':
      return score?.surprisal ?? null
    case 'entropy':
      return distribution?.entropy ?? null
    case 'depth':
      return depth
    case 'shownProbability':
      return probabilityOf(compared?.score ?? score)
    case 'baselineProbability':
      return probabilityOf(compared?.baselineScore ?? null)
    case 'shownRank':
      return (compared?.score ?? score)?.rank ?? null
    case 'baselineRank':
      return compared?.baselineScore.rank ?? null
    case 'delta':
      return compared === null ? null : Math.abs(deltaBits(compared))
    default:
      return assertNever(column)
  }
}

function probabilityOf(score: TokenScore | null): number | null {
  return score === null ? null : Math.exp(score.logProb)
}

/** A value of `numberAt` as the table shows it. */
export function formatNumber(column: SortColumn, value: number): string {
  switch (column) {
    case 'position':
    case 'tokenId':
    case 'depth':
      return String(value)
    case 'rank':
    case 'shownRank':
    case 'baselineRank':
      return formatCount(value)
    case 'probability':
    case 'shownProbability':
    case 'baselineProbability':
      return formatProbability(value)
    case 'logProb':
      return formatDecimal(value, 3)
    case 'logit':
    case 'surprisal':
    case 'entropy':
    case 'delta':
      return formatDecimal(value)
    default:
      return assertNever(column)
  }
}

/** The upper limits of the values of an inspection. */
export interface ValueLimits {
  /** Number of tokens of the longest section. */
  readonly tokens: number
  readonly vocabularySize: number
  /** The largest prediction depth. */
  readonly layers: number
}

/** A text that is at least as long as any value of the column. */
export function longestNumber(column: SortColumn, { tokens, vocabularySize, layers }: ValueLimits): string {
  switch (column) {
    case 'position':
      return formatNumber(column, tokens)
    case 'tokenId':
    case 'rank':
    case 'shownRank':
    case 'baselineRank':
      return formatNumber(column, vocabularySize)
    case 'depth':
      return formatNumber(column, layers)
    case 'probability':
    case 'shownProbability':
    case 'baselineProbability':
      return formatNumber(column, Number.MIN_VALUE)
    case 'logit':
    case 'logProb':
    case 'delta':
      return formatNumber(column, -LARGEST)
    case 'surprisal':
    case 'entropy':
      return formatNumber(column, LARGEST)
    default:
      return assertNever(column)
  }
}

/** Beyond the surprisal of the smallest probability that can be represented, 1074 bits. */
const LARGEST = 8888.888
