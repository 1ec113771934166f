// The title and the numbers with which the tabs about the picked token begin.

import { html, nothing, type TemplateResult } from 'lit'

import type { Distribution, TokenScore } from '../../../src/shared/contracts/engine/prediction'
import { formatCount, formatDecimal, formatOdds, formatProbability } from '../../../src/shared/text/format'
import type { Row } from '../../state/rows/rows'
import { tokenTemplate } from '../../tokens/pieces'
import type { TokenLabels } from '../../tokens/tokenLabels'

/** `·Config token 63 of 85 · id 17056`, on one line; `note` in place of the id. */
export function titleTemplate(
  { token, position, tokenCount }: Row,
  labels: TokenLabels,
  note?: string,
): TemplateResult {
  const count = formatCount(tokenCount)
  if (token === null)
    return html`<h2>
      <i>next</i>
      <span class="dim">after the last of ${count} tokens${note === undefined ? '' : ` · ${note}`}</span>
    </h2>`
  return html`<h2>
    <code title=${labels.show(token.tokenId)}>${tokenTemplate(labels.piecesOf(token.tokenId))}</code>
    <span class="dim">token ${formatCount(position)} of ${count} · ${note ?? `id ${token.tokenId}`}</span>
  </h2>`
}

/** The numbers of a token that the tabs begin with. */
export interface TokenFacts {
  readonly score: Pick<TokenScore, 'logProb' | 'rank' | 'surprisal'> | null
  readonly distribution: Pick<Distribution, 'entropy'> | null
}

/** Probability, rank, surprisal and entropy, each at the same place for every token. */
export function factsTemplate({ score, distribution }: TokenFacts, vocabularySize: number): TemplateResult {
  const probability = score === null ? null : Math.exp(score.logProb)
  const ofAll = html`<span class="of-all"> of ${formatCount(vocabularySize)}</span>`
  return html`<dl class="facts">
    ${factTemplate('probability', {
      value: probability === null ? null : formatProbability(probability),
      title: probability === null ? undefined : formatOdds(probability),
    })}
    ${factTemplate(html`rank${ofAll}`, { value: score && formatCount(score.rank) })}
    ${factTemplate('surprisal', { value: score && `${formatDecimal(score.surprisal)} bits` })}
    ${factTemplate('entropy', { value: distribution && `${formatDecimal(distribution.entropy)} bits` })}
  </dl>`
}

interface Fact {
  /** Null if the token does not have it; its place stays empty. */
  readonly value: string | null
  readonly title?: string | undefined
}

function factTemplate(name: unknown, { value, title }: Fact): TemplateResult {
  return html`<div class=${value === null ? 'absent' : ''}>
    <dt>${name}</dt>
    <dd title=${title ?? nothing}>${value ?? '–'}</dd>
  </div>`
}
