import { html, nothing, type TemplateResult } from 'lit'
import { live } from 'lit/directives/live.js'

import { formatCount, formatDecimal, formatPerplexity } from '../../../src/shared/text/format'
import { METRICS } from '../../../src/shared/numbers/metrics'
import { isCompared } from '../../../src/shared/text/comparisonText'
import { describeBackend } from '../../../src/shared/text/modelText'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import { summarizeInspection, tokenCount } from '../../../src/shared/numbers/summary'
import type { PanelActions } from '../../controllers/controller'
import { colourLabel, COMPARED_COLOURS } from '../../state/rows/colouring'
import { colourBy, type PanelState } from '../../state/inspection/panelState'
import { comparedFigures, type FiguresContext } from './comparedFigures'
import { sidesTemplate } from './comparedSides'
import { describeContext, describePart, detailsOfText, fileName, shortLines } from './inspectedText'
import { modelButton, modelPopover } from './modelPopover'
import { moreButton, runButtons } from './runButtons'
import { startTokenTemplate } from './startToken'
import { progressTemplate, statusTemplate } from './status'

/**
 * Model, document and figures. Two lines, three in a narrow panel; it never wraps, and what has no room is in the
 * model button's popover only.
 */
export function headerTemplate(
  state: PanelState,
  inspection: Inspection,
  { labels, actions }: FiguresContext,
): TemplateResult {
  return html`<header>
    <div class="line">
      ${isCompared(inspection) ? sidesTemplate(inspection, actions) : subjectTemplate(inspection)}
      <span class="grow"></span>
      ${runButtons(state, actions)} ${moreButton()}
    </div>
    <div class="lines">
      <div class="line">
        ${isCompared(inspection) ? comparedFigures(inspection, { labels, actions }) : figuresTemplate(state, inspection)}
        ${statusTemplate(state)}
      </div>
      <div class="line">
        <span class="from-520">${startTokenTemplate(inspection, actions)}</span>
        ${isOfOneModel(inspection) ? html`<span class="to-519">${modelButton(inspection.model)}</span>` : nothing}
        ${colourTemplate(state, actions)}
      </div>
    </div>
    ${progressTemplate(state)} ${modelPopover(state, inspection, actions)}
  </header>`
}

/** Whether two texts are compared, or two contexts. */
function isOfOneModel({ comparison }: Inspection): boolean {
  return comparison !== undefined && comparison.baseline.kind !== 'model'
}

/** The model and the text, and how the model ran. */
function subjectTemplate(inspection: Inspection): TemplateResult {
  const { model } = inspection
  return html`${modelButton(model)} ${documentTemplate(inspection)}
    <span class="dim from-900">${model.description}</span>
    <span class="dim from-761">${model.precision} · ${describeBackend(model)}</span>
    <span class="dim from-520" title=${detailsOfText(inspection).join('\n') || nothing}
      >${describeContext(inspection)}</span
    >`
}

/** `readConfig.ts lines 5–6`, shorter in a narrow panel; for a completion how it was generated. */
function documentTemplate(inspection: Inspection): TemplateResult {
  const { documentName, generation } = inspection
  const name = fileName(inspection)
  const part = describePart(inspection)
  const title = `${documentName}, ${part}`
  if (generation !== undefined)
    return html`<h1 class="document" title=${title}>${part} <span class="dim from-620">${name}</span></h1>`
  return html`<h1 class="document" title=${title}>
    ${name}<span class="dim from-620"> ${part}</span
    ><span class="dim to-619">:${shortLines(inspection)}</span>
  </h1>`
}

/** While a run has no figures yet, those of the run before stay. */
function figuresTemplate({ previous }: PanelState, inspection: Inspection): TemplateResult {
  const { sections, generation } = previous ?? inspection
  // No summary for a completion: perplexity over several candidates has no meaning.
  const { perplexity, bitsPerToken } = summarizeInspection(generation === undefined ? sections : [])
  const tokens = tokenCount(sections)
  return html`<span class="figures ${previous === null ? '' : 'stale'}"
    >${figure(formatCount(tokens), tokens === 1 ? 'token' : 'tokens')}
    ${perplexity === null ? nothing : figure(formatPerplexity(perplexity), 'perplexity', 'ppl')}
    ${bitsPerToken === null ? nothing : figure(formatDecimal(bitsPerToken), 'bits/token', 'bits')}</span
  >`
}

/** `short` is the unit in a narrow panel. */
function figure(value: string, unit: string, short = unit): TemplateResult {
  return html`<span class="figure"
    ><b>${value}</b> <span class="dim from-520">${unit}</span><span class="dim to-519">${short}</span></span
  >`
}

function colourTemplate(state: PanelState, actions: PanelActions): TemplateResult {
  const current = colourBy(state)
  const choices = state.inspection?.comparison === undefined ? METRICS : COMPARED_COLOURS
  return html`<label>
    <span class="dim from-520">Colour by</span>
    <select
      aria-label="Colour by"
      @change=${(event: Event) => {
        const chosen = (event.target as HTMLSelectElement).value
        actions.colourBy(choices.find((known) => known === chosen) ?? current)
      }}
    >
      ${choices.map(
        (by) => html`<option value=${by} .selected=${live(by === current)}>${colourLabel(by)}</option>`,
      )}
    </select>
  </label>`
}
