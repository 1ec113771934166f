import { html, nothing, type TemplateResult } from 'lit'
import type { CheckVerdict } from '../../src/shared/contracts/check/checkResult'
import type { ShownResult } from '../../src/shared/contracts/check/checkProtocol'
import { ADVICE_TEXTS, describeMismatch, verdictTitle } from '../../src/shared/text/checkText'
import { type Act, actionButton } from './actions'

/** A second channel besides the colour. */
const MARKS: Readonly<Record<CheckVerdict, string>> = {
  equal: '✓',
  defect: '✗',
  ambiguous: '?',
  different: '≠',
}

/** The verdict, what it follows from, and what the user can do so that the next one says more. */
export function verdictTemplate({ report, advice, mismatch }: ShownResult, act: Act): TemplateResult {
  return html`<section class="verdict ${report.verdict}" aria-label="Verdict">
    <h2><span class="mark" aria-hidden="true">${MARKS[report.verdict]}</span> ${verdictTitle(report)}</h2>
    <p>${report.evidence}</p>
    ${mismatch === null ? nothing : html`<p>${describeMismatch(mismatch)}</p>`}
    ${
      advice.length === 0
        ? nothing
        : html`<ul class="advice" aria-label="What helps">
              ${advice.map((item) => html`<li>${ADVICE_TEXTS[item]}</li>`)}
            </ul>
            <div class="buttons">
              ${advice.includes('second-run') ? actionButton('compareRuns', act) : nothing}
              ${advice.some((item) => item !== 'second-run') ? actionButton('copySnippet', act) : nothing}
            </div>`
    }
    ${
      report.file.remarks.length === 0
        ? nothing
        : html`<h3>What the file is</h3>
            <ul>
              ${report.file.remarks.map((remark) => html`<li>${remark}</li>`)}
            </ul>`
    }
  </section>`
}
