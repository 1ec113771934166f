import { html, type TemplateResult } from 'lit'

import type { ComparisonSide } from '../../../src/shared/contracts/panel/comparison'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import { START_TOKEN_ID } from '../../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../../src/shared/elementAt'
import type { Colouring } from '../../state/rows/colouring'
import { baselineTokenBefore } from '../../state/rows/comparedRows'
import type { Row } from '../../state/rows/rows'
import { tokenTemplate } from '../../tokens/pieces'
import type { TokenLabels } from '../../tokens/tokenLabels'

export interface HeadOptions {
  readonly inspection: Inspection
  /** The side that the inspection is of. */
  readonly side: ComparisonSide
  readonly labels: TokenLabels
  readonly colouring: Colouring
  readonly pickedPosition: number | null
}

/** Line `input`: the token whose row of the model predicts the column's token. */
export function inputTemplate(row: Row, options: HeadOptions): TemplateResult {
  return headCellTemplate(row, options, inputContent(row, options))
}

/** Line `target`: the token that is predicted, coloured as in the text. */
export function targetTemplate(row: Row, options: HeadOptions): TemplateResult {
  const { labels, colouring } = options
  const { token, position } = row
  if (token === null) return headCellTemplate(row, options, html`<i class="token">next</i>`)
  const step = colouring.classOf([row])
  const content = html`<code
    class="token ${step}"
    title="${labels.show(token.tokenId)} · token ${position}"
    aria-label="${labels.speak(token.tokenId)}, token ${position}"
    >${tokenTemplate(labels.piecesOf(token.tokenId))}</code
  >`
  return headCellTemplate(row, options, content)
}

function headCellTemplate(
  { position }: Row,
  { pickedPosition }: HeadOptions,
  content: TemplateResult,
): TemplateResult {
  return html`<span
    role="columnheader"
    class="lens-cell ${position === pickedPosition ? 'in-column' : ''}"
    aria-colindex=${position + 2}
    data-position=${position}
    >${content}</span
  >`
}

function inputContent(row: Row, { inspection, side, labels }: HeadOptions): TemplateResult {
  const { tokens, contextTokens, contextExcerpt } = elementAt(inspection.sections, row.section)
  const isOtherText = side === 'baseline' && inspection.comparison?.baseline.kind === 'text'
  const before = isOtherText
    ? baselineTokenBefore(inspection, row)
    : (tokens[row.position - 1]?.tokenId ?? null)
  if (before !== null) return inputTokenTemplate(before, labels)
  if (contextTokens > 0)
    return html`<span class="token" title="The last token before the text: …${contextExcerpt}">…</span>`
  if (inspection.startToken) return inputTokenTemplate(START_TOKEN_ID, labels)
  return html`<span class="token" title="No token precedes it"></span>`
}

function inputTokenTemplate(tokenId: number, labels: TokenLabels): TemplateResult {
  return html`<code class="token" title=${labels.show(tokenId)} aria-label=${labels.speak(tokenId)}
    >${tokenTemplate(labels.piecesOf(tokenId))}</code
  >`
}
