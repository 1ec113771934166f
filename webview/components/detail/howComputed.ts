import { html, nothing, type TemplateResult } from 'lit'

import type { Inspection, Section } from '../../../src/shared/contracts/inspection'
import { elementAt } from '../../../src/shared/elementAt'
import { formatDecimal } from '../../../src/shared/text/format'
import { hexBytes } from '../../../src/shared/text/tokenText'
import type { Row } from '../../state/rows'
import { contextBefore, splitCharacterAt } from '../../tokens/context'
import { tokenTemplate } from '../../tokens/pieces'
import { shownText, type TokenLabels } from '../../tokens/tokenLabels'

/** The token's bytes, what it comes after, its row of the model's output, and how its log-probability follows from it. */
export function howComputedTemplate(row: Row, inspection: Inspection, labels: TokenLabels): TemplateResult {
  const section = elementAt(inspection.sections, row.section)
  return html`${bytesTemplate(row, section, labels)}
    <p class="context dim">${contextTemplate(row, section, { labels, startToken: inspection.startToken })}</p>
    ${sourceTemplate(row, inspection.model.vocabularySize)}`
}

function bytesTemplate(
  { token, position }: Row,
  section: Section,
  labels: TokenLabels,
): TemplateResult | typeof nothing {
  if (token === null) return nothing
  const split = splitCharacterAt(section.tokens, position, labels)
  const part = split === null ? nothing : html`, part of <code>${split}</code>`
  return html`<p class="bytes dim">bytes ${hexBytes(labels.bytesOf(token.tokenId))}${part}</p>`
}

function contextTemplate(
  { position }: Row,
  section: Section,
  { labels, startToken }: { labels: TokenLabels; startToken: boolean },
): unknown {
  const before = contextBefore(section, position, labels)
  if (before.length === 0 && !startToken) return 'no context'
  if (before.length === 0) return html`<span>after</span> <code>&lt;|endoftext|&gt;</code>`
  return html`<span>after</span> <code title=${shownText(before)}><bdi>${tokenTemplate(before)}</bdi></code>`
}

function sourceTemplate(
  { distribution, score }: Row,
  vocabularySize: number,
): TemplateResult | typeof nothing {
  if (distribution === null) return nothing
  const { logitsRow, seqLen, logSumExp } = distribution
  const lse = formatDecimal(logSumExp, 3)
  return html`<p class="source dim">
    <code>logits[0, ${logitsRow}] of [1, ${seqLen}, ${vocabularySize}]</code><br />
    ${
      score === null
        ? html`log-sum-exp ${lse}`
        : html`logit ${formatDecimal(score.logit, 3)} − log-sum-exp ${lse} =
            <span>log-prob ${formatDecimal(score.logProb, 3)}</span>`
    }
  </p>`
}
