import { html, nothing, type TemplateResult } from 'lit'

import type { Inspection, Section } from '../../../src/shared/contracts/panel/inspection'
import type { Distribution, TokenScore } from '../../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../../src/shared/elementAt'
import { type ComparedInspection, isCompared, sideNames } from '../../../src/shared/text/comparisonText'
import { formatDecimal } from '../../../src/shared/text/format'
import { hexBytes } from '../../../src/shared/text/tokenText'
import type { Side } from '../../state/rows/comparison'
import type { Row } from '../../state/rows/rows'
import { contextBefore, splitCharacterAt } from '../../tokens/context'
import { tokenTemplate } from '../../tokens/pieces'
import { shownText, type TokenLabels } from '../../tokens/tokenLabels'
import { shownSideTemplate } from '../base/comparedSide'
import { sideTag } from '../base/sideTag'

/** The token's bytes, what it comes after, its row of the model's output, and how its log-probability follows from it. */
export function howComputedTemplate(row: Row, inspection: Inspection, labels: TokenLabels): TemplateResult {
  const section = elementAt(inspection.sections, row.section)
  return html`${bytesTemplate(row, section, labels)}
    <p class="context dim">${contextTemplate(row, section, { labels, startToken: inspection.startToken })}</p>
    ${bothSourcesTemplate(row, inspection) ?? sourceOfShown(row, inspection)}`
}

/** Both sides of a compared row; null if it is not compared. */
function bothSourcesTemplate({ compared, comparedNext }: Row, inspection: Inspection): TemplateResult | null {
  if (!isCompared(inspection)) return null
  if (compared !== null) return sourcesTemplate(inspection, [compared.score, compared.baselineScore])
  if (comparedNext !== null) return sourcesTemplate(inspection, [comparedNext.shown, comparedNext.baseline])
  return null
}

function sourcesTemplate(
  inspection: ComparedInspection,
  [shown, baseline]: readonly [Source, Source],
): TemplateResult {
  const names = sideNames(inspection)
  const { models } = inspection.comparison
  const sizeOf = (side: 'shown' | 'baseline') => (models?.[side] ?? inspection.model).vocabularySize
  const side = (kind: Side, name: string, source: TemplateResult) =>
    html`<div class="source-of-side">${sideTag(kind, name)} ${source}</div>`
  return html`${side('plus', names.shown, sourceTemplate(shown, sizeOf('shown')))}
  ${side('minus', names.baseline, sourceTemplate(baseline, sizeOf('baseline')))}`
}

function sourceOfShown(
  { distribution, score }: Row,
  inspection: Inspection,
): TemplateResult | typeof nothing {
  const source = score ?? distribution
  if (source === null) return nothing
  return html`${shownSideTemplate(inspection, 'From')}
  ${sourceTemplate(source, inspection.model.vocabularySize)}`
}

/** A distribution, with the score of the token that stands there if one does. */
type Source = Distribution & Partial<Pick<TokenScore, 'logit' | 'logProb'>>

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
  { logitsRow, seqLen, logSumExp, logit, logProb }: Source,
  vocabularySize: number,
): TemplateResult {
  const lse = formatDecimal(logSumExp, 3)
  return html`<p class="source dim">
    <code>logits[0, ${logitsRow}] of [1, ${seqLen}, ${vocabularySize}]</code><br />
    ${
      logit === undefined || logProb === undefined
        ? html`log-sum-exp ${lse}`
        : html`logit ${formatDecimal(logit, 3)} − log-sum-exp ${lse} =
            <span>log-prob ${formatDecimal(logProb, 3)}</span>`
    }
  </p>`
}
