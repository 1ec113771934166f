// Direct logit attribution as the object that the CLI prints as JSON and the extension's API returns.
// S = rows of the window up to the attributed one, start token included

import { assertNever } from '../../../shared/assertNever'
import type { Contrast, Attribution, ContextPoint } from '../../../shared/contracts/engine/explanation'
import type { Inspection } from '../../../shared/contracts/panel/inspection'
import { elementAt } from '../../../shared/elementAt'
import type { Vocabulary } from '../../../shared/text/vocabulary'
import { printableJson, roundFloat32 } from './json'
import { type ReportedProvenance, reportedProvenance, type ReportedToken, reportToken } from '../report'

/** A part of the total: wte, wpe, the attention output and the MLP output of each block, the bias of `ln_f`. */
export type ReportedPart =
  | { readonly kind: 'wte' | 'wpe' | 'ln_f'; readonly value: number }
  | { readonly kind: 'mlp'; readonly layer: number; readonly value: number }
  | ReportedAttention

/** `bias` and the heads add up to `value`. */
export interface ReportedAttention {
  readonly kind: 'attn'
  readonly layer: number
  readonly value: number
  /** The part that no head contributes: the output's bias, and what the heads' value biases add. */
  readonly bias: number
  readonly heads: readonly ReportedHead[]
}

export interface ReportedHead {
  readonly head: number
  readonly value: number
  /** [S] The head's contribution from each row of the window's input; they add up to `value`. */
  readonly sources: readonly number[]
}

export interface WhyReport extends ReportedProvenance {
  /** `next` is the row after the last token. */
  readonly position: number | 'next'
  readonly logitsRow: number
  /** The token that is explained; it need not be the one that stands there. */
  readonly token: ReportedToken
  /** The contrast of the token's logit: another token, the mean logit of the row, or null for nothing. */
  readonly against: ReportedToken | 'mean' | null
  /** The token's logit minus that of what it is contrasted with. The parts add up to it. */
  readonly total: number
  readonly parts: readonly ReportedPart[]
  /** The log-probability of the token in nats, with only the last `tokens` tokens before it. */
  readonly contextCurve: readonly ContextPoint[]
  /** Present only in the panel's export, if tokens are knocked out. */
  readonly knockout?: ReportedKnockout
}

/** The prediction of the row when no later position attends to some tokens. */
export interface ReportedKnockout {
  /** Rows of the window's input. */
  readonly rows: readonly number[]
  /** Nats, of the explained token. */
  readonly logProb: number
  /** Nats; null if the token is not contrasted with another token. */
  readonly againstLogProb: number | null
  /** The new most likely token. */
  readonly top: ReportedToken & { readonly logProb: number }
}

/** A token of a section that is explained. */
export interface ExplainedToken {
  readonly inspection: Inspection
  /** Index of the section; default 0. */
  readonly section?: number
  readonly position: number | 'next'
  /** [S] The window's tokens up to the attributed row. */
  readonly inputIds: Int32Array
  readonly tokenId: number
  readonly contrast: Contrast
  readonly attribution: Attribution
  readonly contextCurve: readonly ContextPoint[]
}

export function whyReportOf(explained: ExplainedToken, vocabulary: Vocabulary): WhyReport {
  const { inspection, section, position, inputIds, tokenId, contrast, attribution, contextCurve } = explained
  return {
    ...reportedProvenance(inspection, section),
    position,
    logitsRow: inputIds.length - 1,
    token: reportToken(tokenId, vocabulary),
    against: reportContrast(contrast, vocabulary),
    total: attribution.total,
    parts: partsOf(attribution, inputIds.length),
    contextCurve,
  }
}

/** The report as JSON on one line. */
export function formatWhyJson(report: WhyReport): string {
  return `${[...whyJsonTexts(report)].join('')}\n`
}

/** The same in pieces, each of which is made in less than a millisecond. */
export function* whyJsonTexts({ parts, contextCurve, knockout, ...head }: WhyReport): Generator<string> {
  yield `${printableJson(head).slice(0, -1)},"parts":[`
  for (const [i, part] of parts.entries()) {
    if (i > 0) yield ','
    if (part.kind === 'attn') yield* attentionTexts(part)
    else yield printableJson(part)
  }
  yield `],${printableJson({ contextCurve, knockout }).slice(1)}`
}

function* attentionTexts({ heads, ...attention }: ReportedAttention): Generator<string> {
  yield `${printableJson(attention).slice(0, -1)},"heads":[`
  for (const [i, head] of heads.entries()) {
    const sources = head.sources.map(roundFloat32)
    yield `${i > 0 ? ',' : ''}${printableJson({ ...head, sources })}`
  }
  yield ']}'
}

function reportContrast(contrast: Contrast, vocabulary: Vocabulary): WhyReport['against'] {
  switch (contrast.kind) {
    case 'token':
      return reportToken(contrast.tokenId, vocabulary)
    case 'mean':
      return 'mean'
    case 'nothing':
      return null
    default:
      return assertNever(contrast)
  }
}

function partsOf(attribution: Attribution, rows: number): ReportedPart[] {
  const { wte, wpe, lnF, mlp } = attribution
  return [
    { kind: 'wte', value: wte },
    { kind: 'wpe', value: wpe },
    ...Array.from(mlp, (value, layer): ReportedPart[] => [
      attentionOf(attribution, { layer, rows }),
      { kind: 'mlp', layer, value },
    ]).flat(),
    { kind: 'ln_f', value: lnF },
  ]
}

function attentionOf(
  { attention, attentionBias, sources }: Attribution,
  { layer, rows }: { readonly layer: number; readonly rows: number },
): ReportedAttention {
  const nHead = sources.length / (attention.length * rows)
  const heads = Array.from({ length: nHead }, (_, head) => {
    const start = (layer * nHead + head) * rows
    return headOf(head, sources.subarray(start, start + rows))
  })
  const value = elementAt(attention, layer)
  return { kind: 'attn', layer, value, bias: elementAt(attentionBias, layer), heads }
}

function headOf(head: number, sources: Float32Array): ReportedHead {
  const value = sources.reduce((sum, source) => sum + source, 0)
  return { head, value, sources: Array.from(sources) }
}
