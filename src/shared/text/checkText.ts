// The result of a check in words, the same in the panel and in the command line.

import { assertNever } from '../assertNever'
import type {
  CheckAdvice,
  CheckReport,
  Defect,
  DefectCandidate,
  SubBlockMismatch,
} from '../contracts/check/checkResult'
import { DEFECT_TEXTS } from './defectTexts'
import { formatCount } from './format'

/** `The mistake: no causal mask` */
export function verdictTitle({
  verdict,
  defects,
  model,
}: Pick<CheckReport, 'verdict' | 'defects' | 'model'>): string {
  switch (verdict) {
    case 'equal':
      return `Equal: these are the logits of ${model}`
    case 'defect':
      return `${defects.length > 1 ? 'The mistakes' : 'The mistake'}: ${defectNames(defects)}`
    case 'ambiguous':
      return 'Different, and several mistakes fit equally'
    case 'different':
      return 'Different, and no known mistake explains it'
    default:
      return assertNever(verdict)
  }
}

/** `no causal mask, and positions shifted` */
export function defectNames(defects: readonly Defect[]): string {
  return defects.map((defect) => DEFECT_TEXTS[defect].name).join(', and ')
}

/** The candidates that fit as well as the best one, best first; the rule that gives a name needs half of the residual. */
export function equalCandidates(candidates: readonly DefectCandidate[]): readonly DefectCandidate[] {
  const best = candidates[0]?.residualNats ?? 0
  return candidates.filter(({ residualNats }) => residualNats < 2 * best || residualNats === best)
}

/** Describes the compared numbers: `logits in float32, of the text alone, rows 0 to 6`. */
export function describeRepresentation({
  representation,
  file,
  summary,
}: Pick<CheckReport, 'representation' | 'file' | 'summary'>): string {
  const { kind, centred, startToken, firstRow, transposed, rounding } = representation
  const last = firstRow + summary.tokens - 1
  return [
    `${centred ? 'centred ' : ''}${kind} in ${rounding}`,
    startToken ? 'of the text after <|endoftext|>' : 'of the text alone',
    last > firstRow
      ? `rows ${formatCount(firstRow)} to ${formatCount(last)}`
      : `row ${formatCount(firstRow)}`,
    `stored as ${file.dtype} [${file.shape.join(', ')}]${orderOf(file.order)}${transposed ? ', transposed' : ''}`,
  ].join(', ')
}

function orderOf(order: CheckReport['file']['order']): string {
  return order === 'F' ? ' in Fortran order' : ''
}

/** A difference of log-probabilities: 0.0000123 → `1.2e-5 nats`, 0.52 → `0.52 nats` */
export function formatNats(nats: number): string {
  if (!Number.isFinite(nats)) return 'not a number'
  if (nats === 0) return '0 nats'
  return `${nats < 0.001 ? nats.toExponential(1) : Number(nats.toPrecision(2))} nats`
}

/** `attention of block 3` for `h.3.attn` */
export function subBlockName(name: string): string {
  const [, layer, part] = /^h\.(\d+)(?:\.(attn|mlp))?$/.exec(name) ?? []
  if (layer === undefined) return name
  if (part === undefined) return `residual stream after block ${layer}`
  return `${part === 'attn' ? 'attention' : 'MLP'} of block ${layer}`
}

/** `At row 5, the attention of block 3 should begin with 0.12, −0.5; the file has 0.2, 0.1.` */
export function describeMismatch({ name, row, found, expected }: SubBlockMismatch): string {
  const list = (values: readonly number[]) =>
    values.map((value) => value.toPrecision(4).replace('-', '−')).join(', ')
  return `At row ${formatCount(row)}, the ${subBlockName(name)} should begin with ${list(expected)}; the file has ${list(found)}.`
}

/** The steps by which the user gets a more specific verdict from a check. */
export const ADVICE_TEXTS: Readonly<Record<CheckAdvice, string>> = {
  'second-run': 'Compare two runs of the same code: if they differ, dropout is on.',
  float32:
    'Save in float32: the rounding of this file is coarser than the difference between these mistakes.',
  'hidden-states':
    'Save the hidden states of every block too, as the snippet can: they show the first sub-block that differs.',
}
