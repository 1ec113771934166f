import { html, nothing, svg, type TemplateResult } from 'lit'

import { formatDecimal, formatProbability } from '../../../src/shared/text/format'
import { tokenTemplate } from '../../tokens/pieces'
import type { TokenLabels } from '../../tokens/tokenLabels'

/** A possible next token, with the model's probability and the one after the sampling controls. */
export interface Candidate {
  readonly tokenId: number
  /** Raw output of the LM head. */
  readonly logit: number
  /** Over the full vocabulary, at temperature 1. */
  readonly probability: number
  /**
   * Probability after the sampling controls, 0 if they remove the token. `jointly`: the token was sampled together
   * with others, so it has no probability of its own.
   */
  readonly sampled: number | 'loading' | 'jointly'
}

export interface CandidatesOptions {
  /** The most likely tokens, most likely first. */
  readonly top: readonly Candidate[]
  /** The actual token if it is not in `top`; shown below a gap. */
  readonly actualBelowTop: Candidate | null
  /** Id of the actual token; null for what follows the text. */
  readonly actual: number | null
  readonly labels: TokenLabels
}

/** The table of the most likely tokens, with the actual one marked. */
export function candidatesTemplate({
  top,
  actualBelowTop,
  actual,
  labels,
}: CandidatesOptions): TemplateResult {
  const maxShare = Math.max(
    ...top.map(({ probability, sampled }) => Math.max(probability, sampledShare(sampled))),
  )
  const row = (candidate: Candidate) =>
    rowTemplate(candidate, { isActual: candidate.tokenId === actual, maxShare, labels })
  return html`<table class="candidates">
    <thead>
      <tr>
        <th>token</th>
        <td></td>
        <th class="number">raw</th>
        <th class="number">sampled</th>
        <th class="number">logit</th>
      </tr>
    </thead>
    <tbody>
      ${top.map(row)}
      ${
        actualBelowTop === null
          ? nothing
          : html`<tr class="gap">
                <td colspan="5" aria-label="Less likely tokens, not listed">⋮</td>
              </tr>
              ${row(actualBelowTop)}`
      }
    </tbody>
  </table>`
}

function rowTemplate(
  { tokenId, logit, probability, sampled }: Candidate,
  { isActual, maxShare, labels }: { isActual: boolean; maxShare: number; labels: TokenLabels },
): TemplateResult {
  const cut = sampled === 0
  const label = tokenTemplate(labels.piecesOf(tokenId))
  return html`<tr
    class=${isActual ? 'actual' : ''}
    aria-label="${labels.speak(tokenId)}${isActual ? ', actual token' : ''}"
  >
    <td class="label" title="id ${tokenId}"><code>${cut ? html`<s>${label}</s>` : label}</code></td>
    <td class="bar">${barTemplate(probability / maxShare, sampledShare(sampled) / maxShare)}</td>
    <td class="number">${formatProbability(probability)}</td>
    <td class="number dim">${sampledText(sampled)}</td>
    <td class="number dim">${formatDecimal(logit)}</td>
  </tr>`
}

function sampledText(sampled: Candidate['sampled']): string {
  if (sampled === 'loading') return '…'
  if (sampled === 'jointly') return '–'
  return sampled === 0 ? 'cut' : formatProbability(sampled)
}

function sampledShare(sampled: Candidate['sampled']): number {
  return typeof sampled === 'number' ? sampled : 0
}

/** Minimum width of a bar in per cent of the column, so that it stays visible. */
const MIN_WIDTH = 0.7

function barTemplate(raw: number, sampled: number): TemplateResult {
  const width = (share: number) => `${Math.max(MIN_WIDTH, share * 100).toFixed(2)}%`
  return html`<svg aria-hidden="true">
    <rect class="raw" width=${width(raw)} height="8" y="1" />
    ${sampled === 0 ? nothing : svg`<rect class="sampled" width=${width(sampled)} height="2" y="10" />`}
  </svg>`
}
