import { html, nothing, type TemplateResult } from 'lit'

import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import { type Metric, METRIC_SCALES } from '../../../src/shared/numbers/metrics'
import { isCompared, likelierTexts, sideNames } from '../../../src/shared/text/comparisonText'
import type { ColourBy } from '../../state/rows/colouring'
import { sideTag } from '../base/sideTag'

/** The steps of the colours. */
export function legendTemplate(by: ColourBy, inspection: Inspection): TemplateResult | typeof nothing {
  return by === 'delta' ? deltaLegend(inspection) : metricLegend(by, inspection)
}

/** The five colour steps of the metric. */
function metricLegend(metric: Metric, inspection: Inspection): TemplateResult {
  const { legend, steps } = METRIC_SCALES[metric]
  return html`<div class="legend" role="group" aria-label="Legend: ${legend}">
    <span class="dim legend-word">${legend}</span>
    ${steps.map((label, i) => html`<span class="token step${i + 1}">${label}</span>`)}
    ${typedMark(inspection)}
  </div>`
}

/** The mark of the tokens that complete typed text. */
function typedMark({ generation }: Inspection): TemplateResult | typeof nothing {
  if (generation === undefined || generation.typed.length === 0) return nothing
  return html`<span class="token typed">typed</span>`
}

/** By how many bits a token is likelier for which of two; for two texts also the marks of tokens that only one has. */
function deltaLegend(inspection: Inspection): TemplateResult | typeof nothing {
  if (!isCompared(inspection)) return nothing
  const { shown, baseline } = sideNames(inspection)
  const likelier = likelierTexts(inspection)
  const label = `Legend: ${likelier.shown} from 6, from 3 or from 1 bit, within 1 bit, and ${likelier.baseline} from 1, from 3 or from 6 bits`
  const isOfTexts = inspection.comparison.baseline.kind === 'text'
  return html`<div class="legend two-sided" role="group" aria-label=${label}>
    <span class="end">${wordsBefore(likelier.shown, shown)}${sideTag('plus', shown)}</span>
    <span class="token plus3">6+</span><span class="token plus2">3–6</span
    ><span class="token plus1">1–3<span class="unit"> bits</span></span>
    <span class="token even">within 1</span>
    <span class="token minus1">1–3<span class="unit"> bits</span></span
    ><span class="token minus2">3–6</span><span class="token minus3">6+</span>
    <span class="end">${wordsBefore(likelier.baseline, baseline)}${sideTag('minus', baseline)}</span>
    ${isOfTexts ? html`<span class="token only-shown" title="Only in ${shown}">only in one</span>` : nothing}
    ${typedMark(inspection)}
  </div>`
}

/** `likelier for`, which a narrow panel hides. */
function wordsBefore(text: string, name: string): TemplateResult {
  return html`<span class="dim legend-word">${text.slice(0, text.length - name.length)}</span>`
}
