import { html, nothing, type TemplateResult } from 'lit'

import type { LensRow } from '../../../src/shared/contracts/engine/explanation'
import type { LensRows } from '../../../src/shared/contracts/panel/lensRows'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import { elementAt } from '../../../src/shared/elementAt'
import { mostLikelyAt, predictionDepth } from '../../../src/shared/numbers/lens'
import {
  formatCount,
  formatDecimal,
  formatProbability,
  formatWholePercent,
} from '../../../src/shared/text/format'
import { describeLayer, layerName } from '../../../src/shared/text/layerNames'
import type { PanelActions } from '../../controllers/controller'
import { hasActual } from '../../state/explanations/lensCells'
import type { Row } from '../../state/rows/rows'
import { tokenTemplate } from '../../tokens/pieces'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { missingPredictionTemplate } from '../base/missingPrediction'

export interface LayerTableOptions {
  readonly inspection: Inspection
  readonly labels: TokenLabels
  readonly lensRows: LensRows
  /** The layer that is shown. */
  readonly layer: number
  readonly actions: PanelActions
}

/** At most; the stylesheet hides those that do not fit. */
const SHOWN_ALTERNATIVES = 5

/** All layers of the picked token: its probability, rank and surprisal there, and the most likely tokens. */
export function layerTableTemplate(row: Row, options: LayerTableOptions): TemplateResult {
  const { inspection, actions, lensRows, labels } = options
  const lensRow = lensRows.at(row)
  const missing = row.distribution === null ? row.unscored : null
  return html`<h2>${titleTemplate(row, labels)} ${depthTemplate(lensRow, inspection)}</h2>
    ${windowTemplate(row, inspection)}
    ${missing === null ? tableTemplate(row, { ...options, lensRow }) : missingPredictionTemplate(missing, inspection, actions)}`
}

function titleTemplate({ token, position }: Row, labels: TokenLabels): TemplateResult {
  if (token === null) return html`<i>next</i> <span class="dim">layer by layer</span>`
  return html`<code title=${labels.show(token.tokenId)}
      >${tokenTemplate(labels.piecesOf(token.tokenId))}</code
    >
    <span class="dim">token ${formatCount(position)}<span class="wide-title">, layer by layer</span></span>`
}

function depthTemplate(
  row: LensRow | null,
  { model: { nLayer } }: Inspection,
): TemplateResult | typeof nothing {
  if (row === null) return nothing
  const depth = predictionDepth(row)
  const name = layerName(depth, nLayer)
  return html`<span
    class="dim"
    title="From ${name} on, the most likely token is that of the output. The embeddings are layer 0."
    >· prediction depth ${depth} (${name})</span
  >`
}

/** For a token of a later window: which tokens the model saw. */
function windowTemplate(
  { position, distribution, section }: Row,
  { startToken, sections }: Inspection,
): TemplateResult | typeof nothing {
  if (distribution === null) return nothing
  const first = position - distribution.logitsRow - (startToken ? 0 : 1)
  if (first <= -elementAt(sections, section).contextTokens) return nothing
  return html`<p class="dim">
    Row ${formatCount(distribution.logitsRow)} of a later window: the model saw the tokens from
    ${formatCount(first)} on, and their positions are counted from there.
  </p>`
}

interface ShownLayers extends LayerTableOptions {
  /** Null until it is computed. */
  readonly lensRow: LensRow | null
}

function tableTemplate(row: Row, options: ShownLayers): TemplateResult {
  const { inspection } = options
  const { nLayer } = inspection.model
  return html`<table class="layer-table">
    <thead>
      <tr>
        <th class="layer">Layer</th>
        <th class="number" title="Of the actual token">Probability</th>
        <th class="number rank" title="Of the actual token">Rank</th>
        <th class="number surprisal" title="Of the actual token, in bits">Surprisal</th>
        <th class="number wide" title="Bits, over the full vocabulary">Entropy</th>
        <th class="number wide" title="KL(output ‖ layer) in nats">KL</th>
        <th>Top predictions</th>
      </tr>
    </thead>
    <tbody>
      ${Array.from({ length: nLayer + 1 }, (_, layer) => layerTemplate(row, layer, options))}
    </tbody>
  </table>`
}

function layerTemplate(row: Row, layer: number, options: ShownLayers): TemplateResult {
  const { inspection, lensRow, actions } = options
  const { nLayer } = inspection.model
  const isShown = layer === options.layer
  const { probability, rank, surprisal, entropy, kl } = textsOf(lensRow, layer)
  return html`<tr
    class=${isShown ? 'picked' : ''}
    aria-current=${isShown ? 'true' : nothing}
    @click=${() => {
      actions.explain({ layer: layer === nLayer ? null : layer })
    }}
  >
    <th class="layer" scope="row" title=${describeLayer(layer, nLayer)}>${layerName(layer, nLayer)}</th>
    <td class="number">${probability}</td>
    <td class="number">${rank}</td>
    <td class="number surprisal">${surprisal}</td>
    <td class="number wide">${entropy}</td>
    <td class="number wide">${kl}</td>
    <td><div class="alternatives">${alternativesTemplate(row, layer, options)}</div></td>
  </tr>`
}

/** The numbers after a layer; empty where they are not computed, or are those of an actual token that `next` has not. */
function textsOf(lensRow: LensRow | null, layer: number) {
  if (lensRow === null) return { probability: '', rank: '', surprisal: '', entropy: '', kl: '' }
  const logProb = elementAt(lensRow.logProb, layer)
  const isKnown = hasActual(lensRow)
  return {
    probability: isKnown ? formatProbability(Math.exp(logProb)) : '',
    rank: isKnown ? formatCount(elementAt(lensRow.rank, layer)) : '',
    surprisal: isKnown ? formatDecimal(-logProb / Math.LN2) : '',
    entropy: formatDecimal(elementAt(lensRow.entropy, layer)),
    kl: formatDecimal(elementAt(lensRow.kl, layer)),
  }
}

function alternativesTemplate({ token }: Row, layer: number, { lensRow, labels }: ShownLayers): unknown {
  if (lensRow === null) return nothing
  return mostLikelyAt(lensRow, layer, SHOWN_ALTERNATIVES).map(({ tokenId, logProb }) => {
    const actual = tokenId === token?.tokenId ? 'actual' : ''
    return html`<span class="alternative ${actual}" data-alternative=${tokenId}
      ><code title=${labels.show(tokenId)}>${tokenTemplate(labels.piecesOf(tokenId))}</code
      ><small .textContent=${formatWholePercent(Math.exp(logProb))}></small
    ></span>`
  })
}
