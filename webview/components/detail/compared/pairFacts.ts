import { html, nothing, type TemplateResult } from 'lit'

import type { ComparedNext, ComparedToken } from '../../../../src/shared/contracts/panel/comparison'
import type { TokenScore } from '../../../../src/shared/contracts/engine/prediction'
import { deltaBits } from '../../../../src/shared/numbers/comparedTokens'
import type { SideNames } from '../../../../src/shared/text/comparisonText'
import {
  formatCount,
  formatDecimal,
  formatOdds,
  formatProbability,
  formatSigned,
} from '../../../../src/shared/text/format'
import { sideTag } from '../../base/sideTag'

/** Both sides' figures of a token, one line each, and their difference. */
export function pairFactsTemplate(
  compared: ComparedToken,
  { names, likelier }: { readonly names: SideNames; readonly likelier: SideNames },
): TemplateResult {
  return html`<table class="pair-facts" aria-label="Both sides">
    <thead>
      <tr>
        <td></td>
        <th scope="col">probability</th>
        <th scope="col">rank</th>
        <th scope="col">surprisal</th>
        <th scope="col" title="Above 0 is ${likelier.shown}; +1 is a factor of 2">Δ log₂ p</th>
      </tr>
    </thead>
    <tbody>
      <tr>
        <th scope="row">${sideTag('plus', names.shown)}</th>
        ${scoreCells(compared.score)}
        <td></td>
      </tr>
      <tr>
        <th scope="row">${sideTag('minus', names.baseline)}</th>
        ${scoreCells(compared.baselineScore)}
        <td class="delta">${formatSigned(deltaBits(compared))}</td>
      </tr>
    </tbody>
  </table>`
}

/** The figure that both sides have for the token after the text: its entropy. */
export function nextPairFactsTemplate({ shown, baseline }: ComparedNext, names: SideNames): TemplateResult {
  return html`<table class="pair-facts" aria-label="Both sides">
    <thead>
      <tr>
        <td></td>
        <th scope="col">entropy</th>
      </tr>
    </thead>
    <tbody>
      <tr>
        <th scope="row">${sideTag('plus', names.shown)}</th>
        <td>${formatDecimal(shown.entropy)} bits</td>
      </tr>
      <tr>
        <th scope="row">${sideTag('minus', names.baseline)}</th>
        <td>${formatDecimal(baseline.entropy)} bits</td>
      </tr>
    </tbody>
  </table>`
}

function scoreCells({ logProb, rank, surprisal }: TokenScore): TemplateResult {
  const probability = Math.exp(logProb)
  return html`<td title=${formatOdds(probability) ?? nothing}>${formatProbability(probability)}</td>
    <td>${formatCount(rank)}</td>
    <td>${formatDecimal(surprisal)} bits</td>`
}
