import { html, nothing, type TemplateResult } from 'lit'

import { type ComparedInspection, likelierTexts, sideNames } from '../../../src/shared/text/comparisonText'
import {
  formatCount,
  formatDecimal,
  formatDivergence,
  formatProbability,
  formatWholePercent,
} from '../../../src/shared/text/format'
import type { PanelActions } from '../../controllers/controller'
import { describeDelta } from '../../state/rows/colouring'
import { type ComparisonFigures, comparisonFigures } from '../../state/rows/comparison'
import type { TokenLabels } from '../../tokens/tokenLabels'

const POPOVER_ID = 'comparison-popover'

export interface FiguresContext {
  readonly labels: TokenLabels
  readonly actions: PanelActions
}

/** Bits per token of both sides, how far their distributions are apart, and the token where they are furthest apart. */
export function comparedFigures(
  inspection: ComparedInspection,
  { labels, actions }: FiguresContext,
): TemplateResult | typeof nothing {
  const figures = comparisonFigures(inspection)
  if (figures === null) return nothing
  const { summary, furthest, maxBits } = figures
  const kl = formatDivergence(summary.klMeanNats)
  const error = formatDivergence(summary.klStandardErrorNats)
  const token = labels.show(furthest.tokenId)
  const where = `${describeDelta(furthest.bits, likelierTexts(inspection))}: ${token}, token ${furthest.position}`
  return html`<span class="figures"
      ><span class="figure"
        ><b>${bits(summary.bitsPerToken)}</b> <span class="dim">vs</span>
        <b>${bits(summary.baselineBitsPerToken)}</b> <span class="dim from-520">bits/token</span
        ><span class="dim to-519">bits</span></span
      >
      <button
        class="figure"
        popovertarget=${POPOVER_ID}
        aria-haspopup="dialog"
        title="Mean KL divergence ${kl} ± ${error} nats. All figures…"
      >
        <span class="dim">KL</span> <b>${kl}</b
        ><span class="wide"> ± ${error} <span class="dim">nats</span></span>
      </button>
      <span class="figure same-top"
        ><b>${formatWholePercent(summary.sameTop)}</b>
        <span class="dim">same top<span class="wide"> token</span></span></span
      >
      <button class="figure furthest" title=${where} @click=${pickFurthest(figures, actions)}>
        <span class="dim">max |Δ<span class="wide"> log₂ p</span>|</span> <b>${formatDecimal(maxBits)}</b
        ><span class="dim wide"> at </span><code class="wide">${token}</code>
      </button></span
    >
    ${figuresPopover(inspection, figures, { labels, actions })}`
}

/** All figures. A narrow header has room for only the first. */
function figuresPopover(
  inspection: ComparedInspection,
  figures: ComparisonFigures,
  { labels, actions }: FiguresContext,
): TemplateResult {
  const { shown, baseline } = sideNames(inspection)
  const { summary, furthest } = figures
  const nats = (value: number) => `${formatDivergence(value)} nats`
  return html`<div
    popover
    id=${POPOVER_ID}
    class="popover figures-popover"
    role="dialog"
    aria-label="Comparison"
  >
    <h2>${shown} <span class="dim">vs</span> ${baseline}</h2>
    <dl>
      <dt>Compared</dt>
      <dd>${formatCount(summary.tokens)} tokens</dd>
      <dt>Bits per token</dt>
      <dd>${bits(summary.bitsPerToken)}, ${baseline} ${bits(summary.baselineBitsPerToken)}</dd>
      <dt title="How far ${shown} is from ${baseline} at each token, over the full vocabulary">
        KL(${baseline} ‖ ${shown})
      </dt>
      <dd>
        mean ${formatDivergence(summary.klMeanNats)} ± ${nats(summary.klStandardErrorNats)}
        <p class="dim">
          median ${formatDivergence(summary.klMedianNats)}, 99 % ${formatDivergence(summary.kl99Nats)}, 99.9 %
          ${formatDivergence(summary.kl999Nats)}, max ${nats(summary.klMaxNats)}
        </p>
      </dd>
      <dt>Same top token</dt>
      <dd>${formatProbability(summary.sameTop)}</dd>
      <dt title="Root mean square of the difference of the tokens’ probabilities">RMS Δp</dt>
      <dd>${summary.rmsDeltaP === null ? '–' : formatProbability(summary.rmsDeltaP)}</dd>
      <dt>Largest Δ log₂ p</dt>
      <dd>${describeDelta(furthest.bits, likelierTexts(inspection))}</dd>
    </dl>
    <div class="buttons">
      <button popovertarget=${POPOVER_ID} popovertargetaction="hide" @click=${pickFurthest(figures, actions)}>
        Show <code>${labels.show(furthest.tokenId)}</code>
      </button>
    </div>
  </div>`
}

function pickFurthest(
  { furthest: { section, position } }: ComparisonFigures,
  actions: PanelActions,
): () => void {
  return () => {
    actions.pick({ section, position }, 'reveal')
  }
}

function bits(value: number | null): string {
  return value === null ? '–' : formatDecimal(value)
}
