import { html, nothing, type TemplateResult } from 'lit'
import type { Defect, DefectCandidate } from '../../src/shared/contracts/check/checkResult'
import type { ShownResult } from '../../src/shared/contracts/check/checkProtocol'
import { defectNames, equalCandidates, formatNats } from '../../src/shared/text/checkText'
import { DEFECT_TEXTS } from '../../src/shared/text/defectTexts'

/** The named mistakes in full, or those that fit equally, folded. */
export function explanationTemplate({ report }: ShownResult): TemplateResult | typeof nothing {
  const { verdict, defects, candidates } = report
  if (verdict === 'defect')
    return html`${defects.map(
      (defect) =>
        html`<section class="mistake">
          <h2>${capitalize(DEFECT_TEXTS[defect].name)}</h2>
          ${mistakeTemplate(defect)}
        </section>`,
    )}`
  if (verdict === 'ambiguous') return equalTemplate(equalCandidates(candidates))
  return nothing
}

function equalTemplate(candidates: readonly DefectCandidate[]): TemplateResult {
  return html`<section class="mistake">
    <h2>These fit equally</h2>
    ${candidates.map(
      ({ defects, residualNats }) =>
        html`<details>
          <summary>
            ${capitalize(defectNames(defects))}
            <span class="dim">leaves ${formatNats(residualNats)} unexplained</span>
          </summary>
          ${defects.map(mistakeTemplate)}
        </details>`,
    )}
  </section>`
}

function mistakeTemplate(defect: Defect): TemplateResult {
  const { what, why, formula, fix } = DEFECT_TEXTS[defect]
  return html`<p>${withCode(what)}</p>
    <p class="dim">${withCode(why)}</p>
    <h3>What should be there</h3>
    <pre class="formula"><code>${formula}</code></pre>
    <h3>How to fix it</h3>
    <p>${withCode(fix)}</p>`
}

/** Turns text between backquotes into code. */
function withCode(text: string): (string | TemplateResult)[] {
  return text.split('`').map((part, i) => (i % 2 === 0 ? part : html`<code class="inline">${part}</code>`))
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
