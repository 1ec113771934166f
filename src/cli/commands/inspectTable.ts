import { describeProvenance, describeSummary } from '../../prediction/report/provenance'
import {
  bytesOfReported,
  type ReportedAlternative,
  type ReportedPosition,
  type ReportedToken,
  type StreamedReport,
} from '../../prediction/report/report'
import { formatCount, formatDecimal, formatProbability, formatWholePercent } from '../../shared/text/format'
import { type Step, stepOf } from '../../shared/numbers/metrics'
import { fit, textWidth } from '../../shared/text/textWidth'
import { showToken } from '../../shared/text/tokenText'
import { oneLine } from '../base/output'

/** The properties of the output that the table is formatted for. */
export interface TableStyle {
  /** Maximum width of a line, in cells; the alternatives get the space that the other columns leave. */
  readonly columns: number
  readonly colors: boolean
}

/** Formats a report as text: provenance, one line for each token, the next distribution and the summary. */
export function formatTable(report: StreamedReport, style: TableStyle): string {
  const rows = [...Array.from(report.positions, positionRow), ...nextRow(report)]
  const columns = COLUMNS.map((column) => ({ ...column, width: widthOf(column, rows) }))
  const taken = columns.reduce((sum, { width }) => sum + width + GAP.length, 0)
  const room = style.columns - taken

  const heading = [...columns.map(({ title, width, align }) => fit(title, width, align)), 'expected']
  const lines = rows.map((row) => {
    const cells = columns.map(({ key, width, align }) => {
      const cell = fit(row[key], width, align)
      return key === 'token' ? highlight(cell, row.step, style) : cell
    })
    return [...cells, alternatives(row.top, room, style)].join(GAP).trimEnd()
  })
  return [
    oneLine(describeProvenance({ ...report, startToken: report.bos })),
    '',
    ...(rows.length === 0 ? [] : [dim(heading.join(GAP), style), ...lines, '']),
    describeSummary(report.summary),
    '',
  ].join('\n')
}

const GAP = '  '
const MAX_TOKEN_WIDTH = 24
const MAX_ALTERNATIVES = 5

/** The cells of one line. */
interface Row {
  readonly position: string
  readonly token: string
  readonly probability: string
  readonly rank: string
  readonly surprisal: string
  readonly entropy: string
  readonly top: readonly ReportedAlternative[]
  /** How surprising the token is; null if it was not scored. */
  readonly step: Step | null
}

interface Column {
  readonly key: Exclude<keyof Row, 'top' | 'step'>
  readonly title: string
  readonly align: 'left' | 'right'
}

const COLUMNS: readonly Column[] = [
  { key: 'position', title: '#', align: 'right' },
  { key: 'token', title: 'token', align: 'left' },
  { key: 'probability', title: 'probability', align: 'right' },
  { key: 'rank', title: 'rank', align: 'right' },
  { key: 'surprisal', title: 'bits', align: 'right' },
  { key: 'entropy', title: 'entropy', align: 'right' },
]

function positionRow(position: ReportedPosition): Row {
  const { logProb, rank, surprisal, entropy, top } = position
  return {
    position: String(position.position),
    token: show(position),
    probability: orDash(logProb, (nats) => formatProbability(Math.exp(nats))),
    rank: orDash(rank, formatCount),
    surprisal: orDash(surprisal, (bits) => formatDecimal(bits, 1)),
    entropy: orDash(entropy, (bits) => formatDecimal(bits, 1)),
    top: top?.slice(0, MAX_ALTERNATIVES) ?? [],
    step: surprisal === null ? null : stepOf('surprisal', surprisal),
  }
}

function nextRow({ next }: StreamedReport): Row[] {
  if (next === null) return []
  const { entropy, top } = next
  const blank = { token: '', probability: '', rank: '', surprisal: '', step: null }
  return [{ ...blank, position: 'next', entropy: formatDecimal(entropy, 1), top }]
}

function widthOf({ key, title }: Column, rows: readonly Row[]): number {
  const widest = rows.reduce((width, row) => Math.max(width, textWidth(row[key])), title.length)
  return key === 'token' ? Math.min(widest, MAX_TOKEN_WIDTH) : widest
}

/** As many of the most likely tokens as fit into `room` cells. */
function alternatives(top: readonly ReportedAlternative[], room: number, style: TableStyle): string {
  const shown: string[] = []
  let used = 0
  for (const alternative of top.slice(0, MAX_ALTERNATIVES)) {
    const token = show(alternative)
    const percent = formatWholePercent(Math.exp(alternative.logProb))
    used += textWidth(`${token} ${percent}${GAP}`)
    if (used - GAP.length > room) break
    shown.push(`${token} ${dim(percent, style)}`)
  }
  return shown.join(GAP)
}

function show(token: ReportedToken): string {
  return showToken(bytesOfReported(token))
}

function orDash(value: number | null, format: (value: number) => string): string {
  return value === null ? '–' : format(value)
}

/** The background colour of each step, from the 256-colour palette, readable under white text. */
const STEP_BACKGROUNDS: Readonly<Record<Step, number | null>> = { 1: null, 2: 58, 3: 94, 4: 130, 5: 160 }

function highlight(cell: string, step: Step | null, { colors }: TableStyle): string {
  const background = step === null ? null : STEP_BACKGROUNDS[step]
  return colors && background !== null ? `\u001b[97;48;5;${background}m${cell}\u001b[0m` : cell
}

function dim(line: string, { colors }: TableStyle): string {
  return colors ? `\u001b[2m${line}\u001b[0m` : line
}
