// Direct logit attribution as plain text: the parts as bars, the strongest first.

import { assertNever } from '../../../shared/assertNever'
import { elementAt } from '../../../shared/elementAt'
import { formatCounted, formatDecimal, formatProbability, formatSigned } from '../../../shared/text/format'
import { oneLine } from '../../../shared/text/plainMessage'
import { showToken } from '../../../shared/text/tokenText'
import { fit, textWidth } from '../../../shared/text/textWidth'
import { describeProvenance } from '../provenance'
import { bytesOfReported, type ReportedToken } from '../report'
import type { ReportedHead, ReportedPart, WhyReport } from '../json/whyReport'

export interface WhyTextOptions {
  /** [S] The bytes of the tokens of the window's input. */
  readonly input: readonly Uint8Array[]
  /** The most cells of a line. */
  readonly columns: number
}

/** Formats a report: the parts, the strongest heads with their strongest source tokens, and the context curve. */
export function formatWhy(report: WhyReport, { input, columns }: WhyTextOptions): string {
  const heads = strongestHeads(report.parts)
  return [
    oneLine(describeProvenance({ ...report, startToken: report.bos, temperature: 1 })),
    describeSubject(report),
    DIRECT_ONLY,
    '',
    ...barLines(report, columns),
    '',
    `The ${formatCounted(heads.length, 'strongest head')}, and the tokens that they add most from:`,
    ...heads.map((head) => headLine(head, { input, columns })),
    ...curveLines(report),
    '',
  ].join('\n')
}

const DIRECT_ONLY =
  'Direct shares in logits: what each part adds to the output itself, not what it changes in later layers.'
const MAX_HEADS = 10
const MAX_SOURCES = 4
const GAP = '  '

/** `Why ·sat and not ·is: difference of their logits at position 2, after 2 tokens (row 2 of the logits): +1.234` */
function describeSubject({ token, against, position, logitsRow, total, bos }: WhyReport): string {
  // Beyond the first window these are fewer than the text has before the position.
  const seen = formatCounted(logitsRow + (bos ? 0 : 1), 'token')
  const place = position === 'next' ? 'as the next token' : `at position ${position}`
  const question = describeQuestion(token, against)
  return `${question} ${place}, after ${seen} (row ${logitsRow} of the logits): ${signed(total)}`
}

function describeQuestion(token: ReportedToken, against: WhyReport['against']): string {
  if (against === null) return `The logit of ${show(token)}`
  if (against === 'mean') return `The logit of ${show(token)} above the mean of all tokens`
  return `Why ${show(token)} and not ${show(against)}: difference of their logits`
}

/** Nothing if the curve is not computed. */
function curveLines({ token, contextCurve }: WhyReport): string[] {
  if (contextCurve.length === 0) return []
  const points = contextCurve.map(({ tokens, logProb }) => {
    const nats = formatDecimal(logProb, 3).padStart(7)
    const probability = formatProbability(Math.exp(logProb))
    return `${GAP}${formatCounted(tokens, 'token').padEnd(12)}${GAP}${nats} nats${GAP}${probability}`
  })
  return ['', `Log-probability of ${show(token)} with only the last tokens before it:`, ...points]
}

interface Bar {
  readonly label: string
  readonly value: number
}

/** The parts, strongest first, then the total. */
function barLines({ parts, total }: WhyReport, columns: number): string[] {
  const bars = parts
    .map((part): Bar => ({ label: labelOf(part), value: part.value }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
  const widest = Math.max(...bars.map(({ label }) => label.length))
  const values = [...bars.map(({ value }) => value), total].map(signed)
  const valueWidth = Math.max(...values.map((value) => value.length))
  const room = Math.max(1, Math.min(MAX_BAR, columns - widest - valueWidth - 2 * GAP.length - GAP.length))
  const strongest = Math.abs(bars[0]?.value ?? 0)
  const line = ({ label, value }: Bar, bar: string) =>
    `${GAP}${label.padEnd(widest)}${GAP}${signed(value).padStart(valueWidth)}${GAP}${bar}`.trimEnd()
  return [
    ...bars.map((bar) => line(bar, barOf(bar.value, strongest, room))),
    line({ label: 'sum', value: total }, ''),
  ]
}

const MAX_BAR = 40

/** Full blocks for a positive contribution to the logit, hatched ones for a negative one. */
function barOf(value: number, strongest: number, room: number): string {
  const length = strongest === 0 ? 0 : Math.round((Math.abs(value) / strongest) * room)
  return (value < 0 ? '░' : '█').repeat(length)
}

function labelOf(part: ReportedPart): string {
  switch (part.kind) {
    case 'attn':
      return `L${part.layer} attn`
    case 'mlp':
      return `L${part.layer} MLP`
    case 'ln_f':
      return 'ln_f bias'
    case 'wte':
    case 'wpe':
      return part.kind
    default:
      return assertNever(part)
  }
}

interface LayerHead extends ReportedHead {
  readonly layer: number
}

function strongestHeads(parts: readonly ReportedPart[]): LayerHead[] {
  return parts
    .flatMap((part) =>
      part.kind === 'attn' ? part.heads.map((head) => ({ ...head, layer: part.layer })) : [],
    )
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, MAX_HEADS)
}

/** `L1H3  +0.412  ·cat +0.300, The −0.080` */
function headLine({ layer, head, value, sources }: LayerHead, { input, columns }: WhyTextOptions): string {
  const strongest = sources
    .map((source, row) => ({ source, row }))
    .sort((a, b) => Math.abs(b.source) - Math.abs(a.source))
    .slice(0, MAX_SOURCES)
  const tokens = strongest.map(({ source, row }) => `${showToken(elementAt(input, row))} ${signed(source)}`)
  const line = `${GAP}${`L${layer}H${head}`.padEnd(6)}${GAP}${signed(value).padStart(7)}${GAP}${tokens.join(', ')}`
  return textWidth(line) > columns ? fit(line, columns) : line
}

/** `+0.412`, `−0.080`, `0.000` */
function signed(value: number): string {
  return formatSigned(value, 3)
}

function show(token: ReportedToken): string {
  return showToken(bytesOfReported(token))
}
