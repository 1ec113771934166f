// The logit lens as plain text: layers down, positions across.

import { elementAt } from '../../../shared/elementAt'
import { formatWholePercent } from '../../../shared/text/format'
import { oneLine } from '../../../shared/text/plainMessage'
import { showToken } from '../../../shared/text/tokenText'
import { fit, textWidth } from '../../../shared/text/textWidth'
import type { ReportedLayer, ReportedLensPosition, StreamedLensReport } from '../json/lensReport'
import { describeProvenance } from '../provenance'
import { bytesOfReported, type ReportedToken } from '../report'

/**
 * Formats a report as tables of at most `columns` cells in width, one below the other: the most likely token after each
 * layer, its probability in percent, and the prediction depth.
 */
export function formatLens(report: StreamedLensReport, columns: number): string {
  return [...lensLines(report, columns)].join('\n')
}

/** The lines of `formatLens`, which are made while they are read. */
export function* lensLines(report: StreamedLensReport, columns: number): Generator<string> {
  yield oneLine(describeProvenance({ ...report, startToken: report.bos, temperature: 1 }))
  yield LEGEND
  for (const lines of tablesOf(columnsOf(report), { columns, layers: report.layers })) {
    yield ''
    yield* lines
  }
  yield ''
}

const LEGEND = `The most likely token after each layer and its probability in percent; * marks the token that stands there.`
const GAP = '  '
/** The widest token that is shown whole. */
const MAX_TOKEN_WIDTH = 11
const NUMBER_WIDTH = 3

/** A column of the table. */
interface Column {
  readonly title: string
  readonly token: string
  /** [L + 1] */
  readonly cells: readonly Cell[]
  readonly depth: number | null
}

interface Cell {
  readonly token: string
  readonly percent: string
}

function* columnsOf({ positions, layers, next }: StreamedLensReport): Generator<Column> {
  for (const position of positions) yield tokenColumn(position, layers)
  if (next !== null) yield { title: 'next', token: '', cells: next.layers.map(cellOf), depth: next.depth }
}

function tokenColumn(position: ReportedLensPosition, layers: readonly string[]): Column {
  const cells = position.layers?.map((layer) => {
    const { token, percent } = cellOf(layer)
    return { token: layer.rank === 1 ? `${token}*` : token, percent }
  })
  return {
    title: String(position.position),
    token: show(position),
    cells: cells ?? layers.map(() => ({ token: '–', percent: '' })),
    depth: position.depth,
  }
}

function cellOf({ top }: ReportedLayer): Cell {
  const [first] = top
  if (first === undefined) return { token: '', percent: '' }
  return { token: show(first), percent: formatWholePercent(Math.exp(first.logProb)).replace(' %', '') }
}

/** Splits the columns into tables that fit into the width; every table has at least one column. */
function* tablesOf(
  table: Iterable<Column>,
  { columns, layers }: { readonly columns: number; readonly layers: readonly string[] },
): Generator<string[]> {
  const headings = ['position', 'token', ...layers, 'depth']
  const headingWidth = Math.max(...headings.map((heading) => heading.length))
  const tableOf = (group: readonly string[][]) =>
    headings.map((heading, i) =>
      [fit(heading, headingWidth), ...group.map((lines) => elementAt(lines, i))].join(GAP).trimEnd(),
    )
  let group: string[][] = []
  let width = headingWidth
  for (const column of table) {
    const { lines, width: columnWidth } = linesOf(column)
    width += GAP.length + columnWidth
    if (width > columns && group.length > 0) {
      yield tableOf(group)
      group = []
      width = headingWidth + GAP.length + columnWidth
    }
    group.push(lines)
  }
  if (group.length > 0) yield tableOf(group)
}

/** The lines of a column, all of the same width. */
function linesOf({ title, token, cells, depth }: Column): { lines: string[]; width: number } {
  const tokenWidth = Math.max(...[title, token, ...cells.map((cell) => cell.token)].map(textWidth))
  const width = tokenWidth + 1 + NUMBER_WIDTH
  const lines = [
    fit(title, width),
    fit(token, width),
    ...cells.map((cell) => `${fit(cell.token, tokenWidth)} ${cell.percent.padStart(NUMBER_WIDTH)}`),
    fit(depth === null ? '–' : String(depth), width),
  ]
  return { lines, width }
}

function show(token: ReportedToken): string {
  const shown = showToken(bytesOfReported(token))
  return textWidth(shown) > MAX_TOKEN_WIDTH ? fit(shown, MAX_TOKEN_WIDTH).trimEnd() : shown
}
