import { assertNever } from '../../src/shared/assertNever'
import { formatCount, formatDecimal, formatProbability } from '../../src/shared/text/format'
import type { Column } from '../../src/shared/contracts/protocol'
import type { SortColumn } from './panelState'
import type { Row } from './rows'

/** Every column that the table can have. `position` and `token` are always shown, and come first. */
export type TableColumn = Column | 'position' | 'token'

export interface ColumnView {
  readonly label: string
  readonly title: string
  /** In widths of a digit; `rest` takes the remaining space. */
  readonly width: number | 'rest'
  readonly numeric: boolean
}

export const COLUMN_VIEWS: Readonly<Record<TableColumn, ColumnView>> = {
  position: { label: '#', title: 'Position in the text, from 0', width: 6, numeric: true },
  token: { label: 'Token', title: 'The token of the text', width: 11.5, numeric: false },
  tokenId: { label: 'Id', title: 'Token id in the vocabulary', width: 7, numeric: true },
  logit: { label: 'Logit', title: 'Raw output of the LM head', width: 7, numeric: true },
  logProb: { label: 'Log-prob', title: 'Log-probability, in nats', width: 8.5, numeric: true },
  probability: {
    label: 'Probability',
    title: 'Probability over the full vocabulary',
    width: 11,
    numeric: true,
  },
  rank: { label: 'Rank', title: '1 is the most likely of all tokens', width: 7, numeric: true },
  surprisal: {
    label: 'Surprisal',
    title: '−log₂ of the probability, in bits',
    width: 8.5,
    numeric: true,
  },
  entropy: {
    label: 'Entropy',
    title: 'Entropy of the full distribution, in bits',
    width: 7.5,
    numeric: true,
  },
  alternatives: {
    label: 'Top predictions',
    title: 'The most likely tokens at this position',
    width: 'rest',
    numeric: false,
  },
}

/** Which columns a narrow panel shows: the first `NARROW_COLUMN_COUNT` of these that the settings name. */
const NARROW_PRIORITY: readonly Column[] = [
  'alternatives',
  'probability',
  'surprisal',
  'rank',
  'tokenId',
  'logProb',
  'entropy',
  'logit',
]
const NARROW_COLUMN_COUNT = 4

/** The columns that stay visible in a narrow panel. */
export function narrowColumns(columns: readonly Column[]): ReadonlySet<TableColumn> {
  const shown = NARROW_PRIORITY.filter((column) => columns.includes(column)).slice(0, NARROW_COLUMN_COUNT)
  return new Set<TableColumn>(['position', 'token', ...shown])
}

/** The value of CSS's `grid-template-columns`. The stylesheet sets `--digit`, the width of a digit. */
export function gridTemplate(columns: readonly TableColumn[]): string {
  return columns
    .map((column) => COLUMN_VIEWS[column].width)
    .map((width) => (width === 'rest' ? 'minmax(0, 1fr)' : `minmax(0, calc(${width} * var(--digit)))`))
    .join(' ')
}

/** Whether the column has numbers to sort by. */
export function isSortable(column: TableColumn): column is SortColumn {
  return column !== 'alternatives' && column !== 'token'
}

/** The row's value in a column; null if the row has none. */
export function numberAt(column: SortColumn, { position, token, score, distribution }: Row): number | null {
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
    default:
      return assertNever(column)
  }
}

/** A value of `numberAt` as the table shows it. */
export function formatNumber(column: SortColumn, value: number): string {
  switch (column) {
    case 'position':
    case 'tokenId':
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
