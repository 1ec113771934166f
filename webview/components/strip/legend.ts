import { html, nothing, type TemplateResult } from 'lit'

import { type Metric, METRIC_SCALES } from '../../../src/shared/numbers/metrics'
import type { Inspection } from '../../../src/shared/contracts/inspection'

/** The five colour steps of the metric; for a completion of typed text also the mark of its tokens. */
export function legendTemplate(metric: Metric, { generation }: Inspection): TemplateResult {
  const { legend, steps } = METRIC_SCALES[metric]
  return html`<div class="legend" role="group" aria-label="Legend: ${legend}">
    <span class="dim legend-word">${legend}</span>
    ${steps.map((label, i) => html`<span class="token step${i + 1}">${label}</span>`)}
    ${generation === undefined || generation.typed.length === 0 ? nothing : html`<span class="token typed">typed</span>`}
  </div>`
}
