import { html, nothing, type TemplateResult } from 'lit'

import { LENS_TOP_K, type LensRow } from '../../../src/shared/contracts/engine/explanation'
import type { ComparisonSide } from '../../../src/shared/contracts/panel/comparison'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import { elementAt } from '../../../src/shared/elementAt'
import { mostLikelyAt } from '../../../src/shared/numbers/lens'
import { formatProbability } from '../../../src/shared/text/format'
import { afterLayer, describeLayer } from '../../../src/shared/text/layerNames'
import type { PanelActions } from '../../controllers/controller'
import { lensRowsOf, type LensState } from '../../state/explanations/lens'
import { hasActual } from '../../state/explanations/lensCells'
import type { Row } from '../../state/rows/rows'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { sideSwitchTemplate } from '../base/comparedSide'
import { lensStatusTemplate } from '../lens/lensStatus'
import { type Candidate, type CandidateLine, candidatesTemplate } from '../base/candidates'
import { factsTemplate, type TokenFacts, titleTemplate } from '../base/pickedToken'

export interface LayerPredictionOptions {
  /** The layer that is shown, not the last one. */
  readonly layer: number
  readonly lens: LensState
  /** The side that row and inspection are of. */
  readonly side: ComparisonSide
  readonly labels: TokenLabels
  readonly inspection: Inspection
  readonly actions: PanelActions
}

/** The tab Prediction for a layer before the last one: what the LM head makes of the residual stream there. */
export function layerPredictionTemplate(row: Row, options: LayerPredictionOptions): TemplateResult {
  const { layer, lens, side, labels, inspection, actions } = options
  const { model } = inspection
  const lensRow = lensRowsOf(lens, side).at(row)
  return html`<aside class="detail" aria-label="Picked token">
    ${titleTemplate(row, labels, `as ${afterLayer(layer)}`)}
    ${sideSwitchTemplate({ inspection, what: 'A layer of', id: 'layer', side, hasBaseline: true, actions })}
    <div class="answer">
      <div class="numbers">
        ${factsTemplate(factsOf(lensRow, layer), model.vocabularySize)}
        <p class="source dim">
          <code title=${describeLayer(layer, model.nLayer)}
            >lm_head(ln_f(hidden_states[${layer}]))${lensRow === null ? nothing : html`[0, ${lensRow.logitsRow}]`}</code
          >
        </p>
        <p class="layer-note">
          What the LM head makes of this layer.
          <button
            @click=${() => {
              actions.explain({ layer: null })
            }}
          >
            Show the Output
          </button>
        </p>
        ${listTemplate(row, lensRow, options)}
      </div>
    </div>
    ${lensRow === null ? lensStatusTemplate(lens.progress, actions) : nothing}
  </aside>`
}

function factsOf(lensRow: LensRow | null, layer: number): TokenFacts {
  if (lensRow === null) return { score: null, distribution: null }
  const logProb = elementAt(lensRow.logProb, layer)
  return {
    score: hasActual(lensRow)
      ? { logProb, rank: elementAt(lensRow.rank, layer), surprisal: -logProb / Math.LN2 }
      : null,
    distribution: { entropy: elementAt(lensRow.entropy, layer) },
  }
}

function listTemplate(
  { token }: Row,
  lensRow: LensRow | null,
  { layer, labels }: LayerPredictionOptions,
): TemplateResult {
  const actual = token?.tokenId ?? null
  const top: readonly CandidateLine[] =
    lensRow === null
      ? new Array<CandidateLine>(LENS_TOP_K).fill('loading')
      : mostLikelyAt(lensRow, layer, LENS_TOP_K).map(({ tokenId, logProb }) => candidate(tokenId, logProb))
  const listed = top.filter((line) => typeof line === 'object')
  const isListed = listed.some(({ tokenId }) => tokenId === actual)
  const share = listed.reduce((sum, { probability }) => sum + probability, 0)
  return html`${candidatesTemplate({
      top,
      actualBelowTop:
        lensRow === null || actual === null || isListed
          ? null
          : candidate(actual, elementAt(lensRow.logProb, layer)),
      actual,
      showsSampled: false,
      measure: 'log-prob',
      labels,
    })}
    <p class="dim">${lensRow === null ? '…' : formatProbability(Math.min(1, share))} of all probability</p>`
}

function candidate(tokenId: number, logProb: number): Candidate {
  return { tokenId, measured: logProb, probability: Math.exp(logProb), sampled: 'unknown' }
}
