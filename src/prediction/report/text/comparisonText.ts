// A comparison as plain text: one line for each token, and the summary.

import type { ComparisonSummary } from '../../../shared/contracts/panel/comparisonSummary'
import {
  formatCount,
  formatCounted,
  formatDecimal,
  formatProbability,
  formatSigned,
} from '../../../shared/text/format'
import { oneLine } from '../../../shared/text/plainMessage'
import { fit, textWidth } from '../../../shared/text/textWidth'
import { showToken } from '../../../shared/text/tokenText'
import type { ComparisonReport, ReportedComparedPosition } from '../json/comparisonReport'
import { describeProvenance } from '../provenance'
import { bytesOfReported, type ReportedProvenance } from '../report'

/** Formats a report: both sides, one line for each token, and the summary. */
export function formatComparison(report: ComparisonReport): string {
  const rows = report.positions.map(cellsOf)
  const widths = COLUMNS.map(({ title }, i) =>
    Math.min(
      MAX_WIDTH,
      rows.reduce((width, row) => Math.max(width, textWidth(row[i] ?? '')), textWidth(title)),
    ),
  )
  const line = (cells: readonly string[]) =>
    COLUMNS.map(({ align }, i) => fit(cells[i] ?? '', widths[i] ?? 0, align))
      .join(GAP)
      .trimEnd()
  return [
    `shown:    ${describeSide(report)}`,
    `baseline: ${describeSide(report.baseline)}`,
    ...(report.aligned ? [] : [NOT_ALIGNED]),
    '',
    ...(rows.length === 0 ? [] : [line(COLUMNS.map(({ title }) => title)), ...rows.map(line), '']),
    ...(report.summary === null ? ['No token was compared.'] : describeComparison(report.summary)),
    '',
  ].join('\n')
}

const GAP = '  '
const MAX_WIDTH = 24
export const NOT_ALIGNED =
  'The texts differ too much to be aligned token by token: only their common beginning and end are compared.'

const COLUMNS: readonly { readonly title: string; readonly align: 'left' | 'right' }[] = [
  { title: '#', align: 'right' },
  { title: 'token', align: 'left' },
  { title: 'probability', align: 'right' },
  { title: 'baseline', align: 'right' },
  { title: 'Δ log₂ p', align: 'right' },
  { title: 'KL nats', align: 'right' },
  { title: 'rank', align: 'right' },
  { title: 'baseline', align: 'right' },
  { title: 'top', align: 'left' },
]

/** The cells of a token, in the order of COLUMNS. */
function cellsOf(row: ReportedComparedPosition): string[] {
  const { position, logProb, baselineLogProb, klNats, rank, baselineRank, sameTop } = row
  const known = (value: number | null, format: (value: number) => string) =>
    value === null ? '–' : format(value)
  const probability = (nats: number) => formatProbability(Math.exp(nats))
  const delta = logProb === null || baselineLogProb === null ? null : (logProb - baselineLogProb) / Math.LN2
  return [
    String(position),
    showToken(bytesOfReported(row)),
    known(logProb, probability),
    known(baselineLogProb, probability),
    known(delta, formatSigned),
    known(klNats, (nats) => formatDecimal(nats, 4)),
    known(rank, formatCount),
    known(baselineRank, formatCount),
    sameTop === false ? 'differs' : '',
  ]
}

/** The model and settings that a side ran with, in one line. */
export function describeSide(provenance: ReportedProvenance): string {
  return oneLine(describeProvenance({ ...provenance, startToken: provenance.bos, temperature: 1 }))
}

/** The summary in lines, each figure with its unit. */
export function describeComparison(summary: ComparisonSummary): string[] {
  const nats = (value: number) => formatDecimal(value, 4)
  const bits = (value: number | null) => (value === null ? '–' : formatDecimal(value))
  const { tokens, bitsPerToken, baselineBitsPerToken, sameTop, rmsDeltaP, maxAbsDeltaNats } = summary
  return [
    `${formatCounted(tokens, 'token')} · ${bits(bitsPerToken)} bits per token, baseline ${bits(baselineBitsPerToken)} · same top token in ${formatProbability(sameTop)}`,
    `KL(baseline ‖ shown) in nats: mean ${nats(summary.klMeanNats)} ± ${nats(summary.klStandardErrorNats)}, median ${nats(summary.klMedianNats)}, 99 % ${nats(summary.kl99Nats)}, 99.9 % ${nats(summary.kl999Nats)}, max ${nats(summary.klMaxNats)}`,
    `max |Δ log-prob| ${nats(maxAbsDeltaNats)} nats · RMS Δp ${rmsDeltaP === null ? '–' : formatProbability(rmsDeltaP)}`,
  ]
}
