// Provenance: the model and settings that numbers come from, named in every view, copy and export.

import { formatCounted, formatDecimal, formatPerplexity } from '../../shared/text/format'
import type { ContextMode } from '../../shared/contracts/panel/inspection'
import type { Backend, ModelInfo, Summary } from '../../shared/contracts/engine/prediction'

export interface Provenance {
  /** Registry id, or the folder's name. */
  readonly model: string
  readonly precision: ModelInfo['precision']
  readonly backend: Backend
  /** Differences from OpenAI's own files and how they were handled. */
  readonly remarks: readonly string[]
  readonly startToken: boolean
  readonly temperature: number
  /** Absent for a text that is not part of a document. */
  readonly context?: ContextMode
  readonly contextTokens: number
}

/** `mini (fp32, wasm) · starts with <|endoftext|> · context: document, 412 tokens before` */
export function describeProvenance(provenance: Provenance): string {
  const { model, precision, backend, remarks, startToken, temperature, context, contextTokens } = provenance
  const before = contextTokens === 0 ? 'nothing before' : `${formatCounted(contextTokens, 'token')} before`
  return [
    `${model} (${precision}, ${backend})`,
    ...remarks,
    startToken ? 'starts with <|endoftext|>' : 'no start token',
    context === undefined ? before : `context: ${context}, ${before}`,
    ...(temperature === 1 ? [] : [`temperature ${temperature}`]),
  ].join(' · ')
}

/** `85 tokens · perplexity 12.3 · 3.62 bits per token · 1 window` */
export function describeSummary({ tokens, perplexity, bitsPerToken, windows }: Summary): string {
  return [
    formatCounted(tokens, 'token'),
    ...(perplexity === null ? [] : [`perplexity ${formatPerplexity(perplexity)}`]),
    ...(bitsPerToken === null ? [] : [`${formatDecimal(bitsPerToken)} bits per token`]),
    formatCounted(windows, 'window'),
  ].join(' · ')
}
