import { html, nothing, type TemplateResult } from 'lit'

import { assertNever } from '../../../../src/shared/assertNever'
import { REMEDY_LABELS } from '../../../../src/shared/contracts/remedies'
import type { PanelActions } from '../../../controller'
import type { WhyProgress } from '../../../state/why'

/** How far the answer is. The stylesheet shows progress only after 0.3 s, over the end of the view, so that nothing moves. */
export function whyStatusTemplate(
  progress: WhyProgress,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  const retry = (label: string) =>
    html`<button
      @click=${() => {
        actions.why.retry()
      }}
    >
      ${label}
    </button>`
  switch (progress.kind) {
    case 'done':
      return nothing
    case 'running':
      return html`<div class="why-status late">
        <progress aria-label="Explaining the prediction"></progress>
        <button
          @click=${() => {
            actions.why.cancel()
          }}
        >
          Cancel
        </button>
      </div>`
    case 'cancelled':
      return html`<div class="why-status"><span role="status">Cancelled.</span> ${retry('Resume')}</div>`
    case 'failed':
      return html`<p class="error failure" role="alert">
        Explaining the prediction failed: ${progress.message} ${retry('Retry')}
        ${progress.remedies.map(
          (remedy) =>
            html`<button
              @click=${() => {
                actions.run(remedy)
              }}
            >
              ${REMEDY_LABELS[remedy]}
            </button>`,
        )}
      </p>`
    default:
      return assertNever(progress)
  }
}
