import { html, nothing, svg, type TemplateResult } from 'lit'

import { formatDecimal, formatPercent } from '../../../src/shared/text/format'
import { tokenTemplate } from '../../tokens/pieces'
import type { TokenLabels } from '../../tokens/tokenLabels'

/** A token that may follow, as the model sees it and as a generator would draw it. */
export interface Candidate {
  readonly tokenId: number
  /** Raw. */
  readonly logit: number
  /** Over the full vocabulary, at temperature 1. */
  readonly probability: number
  /** After the sampling controls; 0 is cut. Tokens that are chosen jointly have no share of their own. */
  readonly sampled: number | 'loading' | 'jointly'
}

/** The most likely tokens, and below the cut the actual one where it is not among them. */
export function candidatesTemplate(
  top: readonly Candidate[],
  beyond: Candidate | null,
  actual: number | null,
  labels: TokenLabels,
): TemplateResult {
  const longest = Math.max(...top.map(({ probability, sampled }) => Math.max(probability, lengthOf(sampled))))
  const row = (candidate: Candidate) => rowTemplate(candidate, candidate.tokenId === actual, longest, labels)
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
        beyond === null
          ? nothing
          : html`<tr class="gap">
                <td colspan="5" aria-label="further down">⋮</td>
              </tr>
              ${row(beyond)}`
      }
    </tbody>
  </table>`
}

function rowTemplate(
  { tokenId, logit, probability, sampled }: Candidate,
  actual: boolean,
  longest: number,
  labels: TokenLabels,
): TemplateResult {
  const cut = sampled === 0
  const label = tokenTemplate(labels.piecesOf(tokenId))
  return html`<tr
    class=${actual ? 'actual' : ''}
    aria-label="${labels.speak(tokenId)}${actual ? ', the actual token' : ''}"
  >
    <td class="label" title="id ${tokenId}"><code>${cut ? html`<s>${label}</s>` : label}</code></td>
    <td class="bar">${barTemplate(probability / longest, lengthOf(sampled) / longest)}</td>
    <td class="number">${formatPercent(probability)}</td>
    <td class="number dim">${shareText(sampled)}</td>
    <td class="number dim">${formatDecimal(logit)}</td>
  </tr>`
}

function shareText(sampled: Candidate['sampled']): string {
  if (sampled === 'loading') return '…'
  if (sampled === 'jointly') return '–'
  return sampled === 0 ? 'cut' : formatPercent(sampled)
}

function lengthOf(sampled: Candidate['sampled']): number {
  return typeof sampled === 'number' ? sampled : 0
}

/** Per cent of the width: what is there can be seen. */
const MIN_LENGTH = 0.7

function barTemplate(raw: number, sampled: number): TemplateResult {
  const length = (share: number) => `${Math.max(MIN_LENGTH, share * 100).toFixed(2)}%`
  return html`<svg aria-hidden="true">
    <rect class="raw" width=${length(raw)} height="8" y="1" />
    ${sampled === 0 ? nothing : svg`<rect class="sampled" width=${length(sampled)} height="2" y="10" />`}
  </svg>`
}
