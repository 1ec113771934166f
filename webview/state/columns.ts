import { assertNever } from '../../src/shared/assertNever'
import type { Column } from '../../src/shared/contracts/protocol'
import { formatCount, formatDecimal, formatProbability } from '../../src/shared/text/format'
import type { SortColumn } from './panelState'
import type { Row } from './rows'

/** Every column that the table can have. `position` and `token` are always shown, and come first. */
export type TableColumn = Column | 'position' | 'token'

export interface ColumnView {
  readonly label: string
  readonly title: string
  readonly numeric: boolean
}

export const COLUMN_VIEWS: Readonly<Record<TableColumn, ColumnView>> = {
  position: { label: '#', title: 'Position in the text, from 0', numeric: true },
  token: { label: 'Token', title: 'The token of the text', numeric: false },
  tokenId: { label: 'Id', title: 'Token id in the vocabulary', numeric: true },
  logit: { label: 'Logit', title: 'Raw output of the LM head', numeric: true },
  logProb: { label: 'Log-prob', title: 'Log-probability, in nats', numeric: true },
  probability: { label: 'Probability', title: 'Probability over the full vocabulary', numeric: true },
  rank: { label: 'Rank', title: '1 is the most likely of all tokens', numeric: true },
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
}

/** Which columns a table has room for: each one needs the room of all that are before it here. */
const ORDER_OF_APPEARANCE: readonly TableColumn[] = [
  'position',
  'token',
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
  /** What each column needs at least, so that neither its label nor a value is cut. */
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
  const count = tooWide === -1 ? byPriority.length : Math.max(MIN_COLUMNS, tooWide)
  const shown = new Set(byPriority.slice(0, count))
  return columns.filter((column) => shown.has(column))
}

/** How much wider than its minimum the token's column is if no other column takes the remaining space. */
const MAX_TOKEN_GROWTH = 3

/** The value of CSS's `grid-template-columns`. `alternatives` takes the remaining space; without it, the tokens do. */
export function gridTemplate(
  columns: readonly TableColumn[],
  widths: ReadonlyMap<TableColumn, number>,
): string {
  return columns
    .map((column) => {
      const width = widths.get(column) ?? 0
      if (column === 'alternatives') return 'minmax(0, 1fr)'
      if (column === 'token' && !columns.includes('alternatives'))
        return `minmax(${width}px, ${MAX_TOKEN_GROWTH * width}px)`
      return `${width}px`
    })
    .join(' ')
}

/** Whether the column has numbers to sort by. */
export function isSortable(column: TableColumn): column is SortColumn {
  return column !== 'alternatives' && column !== 'token'
}

/** The row's value in a column; null if the row has none. */
export function numberAt(
  column: SortColumn,
  { position, token, score, distribution, depth }: Row,
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
      return score === null ? null : Math.exp(score.logProb)
    case 'rank':
      return score?.rank ?? null
    case 'surprisal':
      return score?.surprisal ?? null
    case 'entropy':
      return distribution?.entropy ?? null
    case 'depth':
      return depth
    default:
      return assertNever(column)
  }
}

/** A value of `numberAt` as the table shows it. */
export function formatNumber(column: SortColumn, value: number): string {
  switch (column) {
    case 'position':
    case 'tokenId':
    case 'depth':
      return String(value)
    case 'rank':
      return formatCount(value)
    case 'probability':
      return formatProbability(value)
    case 'logProb':
      return formatDecimal(value, 3)
    case 'logit':
    case 'surprisal':
    case 'entropy':
      return formatDecimal(value)
    default:
      return assertNever(column)
  }
}

/** What limits the values of an inspection. */
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
      return formatNumber(column, vocabularySize)
    case 'depth':
      return formatNumber(column, layers)
    case 'probability':
      return formatNumber(column, Number.MIN_VALUE)
    case 'logit':
    case 'logProb':
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
