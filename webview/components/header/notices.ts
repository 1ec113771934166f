import { html, nothing, type TemplateResult } from 'lit'

import { assertNever } from '../../../src/shared/assertNever'
import { formatCount, formatCounted } from '../../../src/shared/text/format'
import type { Inspection } from '../../../src/shared/contracts/prediction'
import { scoredCount, tokenCount } from '../../../src/shared/numbers/summary'
import type { PanelCommand, ShowEmptyMessage } from '../../../src/shared/contracts/protocol'
import { type Remedy, REMEDY_LABELS } from '../../../src/shared/contracts/remedies'
import { describeMeasuring, describePrecisionCost } from '../../../src/shared/numbers/precisionCost'
import type { PanelActions } from '../../controller'
import type { PanelNotice, PanelState } from '../../state/panelState'

/** The state of the shown inspection (running, failed, cancelled, out of date), with buttons. */
export function inspectionNoticeTemplate(
  { state, sections }: Inspection,
  { outOfDate }: Pick<PanelState, 'outOfDate'>,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  const scored = scoredCount(sections)
  const tokens = formatCounted(tokenCount(sections), 'token')
  const runAgain = button('runAgain', 'Run Again', actions)
  switch (state.kind) {
    case 'running':
      return html`<div class="notice">
        <progress
          max=${tokenCount(sections)}
          .value=${scored}
          aria-label="Tokens scored"
          aria-valuetext="${formatCount(scored)} of ${tokens}"
        ></progress>
        <span>${formatCount(scored)} of ${tokens}</span>${button('cancelInspection', 'Cancel', actions)}
      </div>`
    case 'failed':
      return html`<div class="notice error">
        <span role="alert">${state.message}</span>${remedyButtons(state.remedies, actions)}${runAgain}
        ${button('showLog', 'Show Log', actions)}
      </div>`
    case 'cancelled':
      return html`<div class="notice">
        <span>Cancelled after ${formatCount(scored)} of ${tokens}</span>${runAgain}
      </div>`
    case 'done':
      return outOfDate
        ? html`<div class="notice warning"><span>The document has changed</span>${runAgain}</div>`
        : nothing
    default:
      return assertNever(state)
  }
}

/** Progress and result of Measure Precision Cost. */
export function precisionCostTemplate(
  { precisionCost }: Inspection,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  switch (precisionCost?.kind) {
    case undefined:
    case 'cancelled':
      return nothing
    case 'running': {
      const { done, total } = precisionCost
      return html`<div class="notice">
        <progress
          max=${total}
          .value=${done}
          aria-label="Precision measurement"
          aria-valuetext=${describeMeasuring(done, total)}
        ></progress>
        <span>${describeMeasuring(done, total)}</span>${button('cancelPrecisionCost', 'Cancel', actions)}
      </div>`
    }
    case 'done':
      return html`<div class="notice">
        <span role="status">${describePrecisionCost(precisionCost.cost)}</span>
      </div>`
    case 'failed':
      return html`<div class="notice error"><span role="alert">${precisionCost.message}</span></div>`
    default:
      return assertNever(precisionCost)
  }
}

/** The panel's notice: a whole page, or a line above the previous inspection. */
export function panelNoticeTemplate(
  notice: PanelNotice | null,
  place: 'page' | 'notice',
  actions: PanelActions,
): TemplateResult | typeof nothing {
  switch (notice?.kind) {
    case undefined:
      return nothing
    case 'empty':
      return emptyTemplate(notice.reason, actions)
    case 'preparing':
      return html`<div class=${place}>
        <progress aria-label="Preparing"></progress
        ><span>${notice.note}</span>${button('cancelInspection', 'Cancel', actions)}
      </div>`
    case 'failed':
      return html`<div class="${place} error">
        <span role="alert">${notice.message}</span>
        <span class="buttons">
          ${remedyButtons(notice.remedies, actions)}${button('runAgain', 'Run Again', actions)}
          ${button('showLog', 'Show Log', actions)}
        </span>
      </div>`
    default:
      return assertNever(notice)
  }
}

function emptyTemplate(reason: ShowEmptyMessage['reason'], actions: PanelActions): TemplateResult {
  switch (reason) {
    case 'noEditor':
      return html`<div class="page">
        <span>Open a file to inspect</span>${button('openText', 'Open File…', actions)}
      </div>`
    case 'emptyDocument':
      return html`<div class="page">
        <span>The document is empty: there is nothing to inspect</span>
      </div>`
    case 'noInspection':
      return html`<div class="page">
        <span role="status"
          >Select text in an editor and run Inspect Logits, or inspect the whole document</span
        >
        ${button('inspectLogits', 'Inspect Logits', actions)}
      </div>`
    default:
      return assertNever(reason)
  }
}

/** Inspections saved by an older version have no remedies. */
function remedyButtons(remedies: readonly Remedy[] = [], actions: PanelActions): TemplateResult[] {
  return remedies.map((remedy) => button(remedy, REMEDY_LABELS[remedy], actions))
}

function button(command: PanelCommand, label: string, actions: PanelActions): TemplateResult {
  return html`<button
    class="action"
    @click=${() => {
      actions.run(command)
    }}
  >
    ${label}
  </button>`
}
