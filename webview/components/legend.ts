import { html, type TemplateResult } from 'lit'

import { type Metric, METRIC_SCALES } from '../../src/shared/metrics'

/** The five steps of the metric that colours the text. */
export function legendTemplate(metric: Metric): TemplateResult {
  const { legend, steps } = METRIC_SCALES[metric]
  return html`<div class="legend" role="group" aria-label="Legend: ${legend}">
    <span class="dim">${legend}</span>
    ${steps.map((label, i) => html`<span class="token step${i + 1}">${label}</span>`)}
  </div>`
}
