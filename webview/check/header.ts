import { html, nothing, type TemplateResult } from 'lit'
import { assertNever } from '../../src/shared/assertNever'
import type { CheckActivity, ShownCheck } from '../../src/shared/contracts/check/checkProtocol'
import { type Act, actionButton } from './actions'

/** The watched file, what happens with it, and the buttons that are always there. */
export function headerTemplate({ fileName, text, activity, offer }: ShownCheck, act: Act): TemplateResult {
  return html`<header>
      <div class="line">
        <h1>Check My GPT-2</h1>
        <span class="file" title=${fileName}>Watching ${fileName}</span>
      </div>
      ${text === null ? nothing : html`<p class="text dim" title=${text}>${text}</p>`}
      <div class="line activity">
        ${activityTemplate(activity)}
        <span class="buttons">
          ${
            activity.kind === 'checking'
              ? actionButton('cancel', act)
              : html`${activity.kind === 'waiting' ? nothing : actionButton('checkAgain', act)}
                ${actionButton('copySnippet', act)} ${actionButton('chooseFile', act)}`
          }
        </span>
      </div>
      ${progressTemplate(activity)}
    </header>
    ${failureTemplate(activity, act)}
    ${
      offer === null
        ? nothing
        : html`<div class="notice">
            <p>${offer}</p>
            <div class="buttons">${actionButton('downloadReference', act, 'action')}</div>
          </div>`
    }`
}

function activityTemplate(activity: CheckActivity): TemplateResult {
  return html`<p class="state dim">${describe(activity)}</p>`
}

function describe(activity: CheckActivity): string {
  switch (activity.kind) {
    case 'waiting':
      return 'Waiting for the file. Run your code with the copied snippet.'
    case 'writing':
      return 'The file is being written.'
    case 'checking':
      return activity.total > 0 ? `${activity.step}, ${activity.done} of ${activity.total}` : activity.step
    case 'watching':
      return 'Up to date. The next write is checked.'
    case 'awaitingRun':
      return 'Run the same code again, without a change. The next write is compared with this one.'
    case 'cancelled':
      return 'Cancelled. The next write is checked.'
    case 'failed':
      return 'The last check failed.'
    default:
      return assertNever(activity)
  }
}

/** A line at the lower edge of the header. It takes no room, so nothing moves when it comes or goes. */
function progressTemplate(activity: CheckActivity): TemplateResult | typeof nothing {
  if (activity.kind !== 'checking') return nothing
  const { step, done, total } = activity
  return total > 0
    ? html`<progress aria-label=${step} max=${total} .value=${done}></progress>`
    : html`<progress aria-label=${step}></progress>`
}

function failureTemplate(activity: CheckActivity, act: Act): TemplateResult | typeof nothing {
  if (activity.kind !== 'failed') return nothing
  const { message, actions } = activity
  return html`<div class="notice error">
    <p role="alert">${message}</p>
    <div class="buttons">
      ${actions.map((action, i) => actionButton(action, act, i === 0 ? 'action' : ''))}
    </div>
  </div>`
}
