import { html, nothing, type TemplateResult } from 'lit'

import { assertNever } from '../../../src/shared/assertNever'
import { formatCount, formatRoughDuration } from '../../../src/shared/text/format'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import type { Notice } from '../../../src/shared/contracts/panel/protocol'
import type { PanelActions } from '../../controllers/controller'
import { newestInspection, type PanelState } from '../../state/inspection/panelState'
import { command, mainCommand, remedyButtons } from './commands'
import { comparisonLine } from './comparisonLine'

/** The state or failure of a request, as a page of its own while no inspection is shown. */
export function noticePage(notice: Notice | null, actions: PanelActions): TemplateResult | typeof nothing {
  if (notice === null) return nothing
  if (notice.kind === 'preparing')
    return html`<div class="page">
      <progress aria-label="Preparing"></progress>
      <p>${notice.note}</p>
      <div class="buttons">${command('cancelInspection', 'Cancel', actions)}</div>
    </div>`
  return html`<div class="page ${notice.kind === 'failed' ? 'error' : ''}">
    ${noticeContent(notice, actions)}
  </div>`
}

/** The lines between header and text: a request that needs an answer, a failure, a comparison that is not complete. */
export function noticeLines(
  state: PanelState,
  inspection: Inspection,
  actions: PanelActions,
): TemplateResult {
  return html`${requestLine(state.notice, actions)} ${failureLine(newestInspection(state), actions)}
  ${comparisonLine(inspection, actions)}`
}

/** Loading is shown by the header, so that nothing moves when a run starts. */
function requestLine(notice: Notice | null, actions: PanelActions): TemplateResult | typeof nothing {
  if (notice === null || notice.kind === 'preparing') return nothing
  const isError = notice.kind === 'failed'
  return html`<div class="notice ${isError ? 'error' : ''}">
    ${noticeContent(notice, actions)}
    ${
      notice.kind === 'longRun'
        ? nothing
        : html`<button
            class="dismiss"
            @click=${() => {
              actions.dismissNotice()
            }}
          >
            Dismiss
          </button>`
    }
  </div>`
}

function failureLine(inspection: Inspection | null, actions: PanelActions): TemplateResult | typeof nothing {
  if (inspection?.state.kind !== 'failed') return nothing
  const { message, remedies } = inspection.state
  return html`<div class="notice error">
    <p role="alert">${message}</p>
    <div class="buttons">${remedyButtons(remedies, actions)} ${command('showLog', 'Show Log', actions)}</div>
  </div>`
}

function noticeContent(
  notice: Exclude<Notice, { kind: 'preparing' }>,
  actions: PanelActions,
): TemplateResult {
  switch (notice.kind) {
    case 'noInspection':
      return html`<p role="status">
          Select text in an editor and run Inspect Logits, or inspect the whole document.
        </p>
        <div class="buttons">${mainCommand('inspectLogits', 'Inspect Logits', actions)}</div>`
    case 'noEditor':
      return html`<p role="status">Open a file to inspect.</p>
        <div class="buttons">${mainCommand('openText', 'Open File…', actions)}</div>`
    case 'emptyDocument':
      return html`<p role="status">${notice.documentName} is empty: there is nothing to inspect.</p>`
    case 'longRun':
      return longRunContent(notice, actions)
    case 'failed':
      return html`<p role="alert">${notice.message}</p>
        <div class="buttons">
          ${remedyButtons(notice.remedies, actions)} ${command('runAgain', 'Run Again', actions)}
          ${command('showLog', 'Show Log', actions)}
        </div>`
    default:
      return assertNever(notice)
  }
}

/** `long.txt has about 41,200 tokens, which takes about 3 minutes.` */
function longRunContent(
  { documentName, tokens, seconds, hasVisiblePart }: Extract<Notice, { kind: 'longRun' }>,
  actions: PanelActions,
): TemplateResult {
  const answer = (part: 'all' | 'visiblePart', label: string) =>
    html`<button
      class=${part === 'visiblePart' || !hasVisiblePart ? 'action' : ''}
      @click=${() => {
        actions.answerLongRun(part)
      }}
    >
      ${label}
    </button>`
  return html`<p role="alert">
      ${documentName} has about ${formatCount(Number(tokens.toPrecision(3)))} tokens, which takes about
      ${formatRoughDuration(seconds)}.
    </p>
    <div class="buttons">
      ${hasVisiblePart ? answer('visiblePart', 'Inspect Visible Part') : nothing}
      ${answer('all', 'Inspect All')} ${command('cancelInspection', 'Cancel', actions)}
    </div>`
}
