import { html, nothing, type TemplateResult } from 'lit'
import type { PastVerdict } from '../../src/shared/contracts/check/checkProtocol'
import { formatNats, verdictTitle } from '../../src/shared/text/checkText'

/** The last verdicts, newest first. */
export function historyTemplate(history: readonly PastVerdict[]): TemplateResult | typeof nothing {
  if (history.length < 2) return nothing
  return html`<section aria-label="History">
    <h2>History</h2>
    <ol class="history">
      ${history.map(
        (past) =>
          html`<li>
            <time datetime=${new Date(past.checkedAt).toISOString()}>${timeOf(past.checkedAt)}</time>
            <span>${verdictTitle(past)}</span>
            <span class="dim">${formatNats(past.maxAbsDeltaNats)}</span>
          </li>`,
      )}
    </ol>
  </section>`
}

function timeOf(ms: number): string {
  return new Date(ms).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}
