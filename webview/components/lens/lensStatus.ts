import { html, nothing, type TemplateResult } from 'lit'

import { assertNever } from '../../../src/shared/assertNever'
import { REMEDY_LABELS } from '../../../src/shared/contracts/remedies'
import type { PanelActions } from '../../controller'
import type { LensProgress } from '../../state/lens'

/**
 * How far the visible rows are. The stylesheet shows progress only after 0.3 s, over the title of the table, so that
 * nothing moves.
 */
export function lensStatusTemplate(
  progress: LensProgress,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  const resume = (label: string) =>
    html`<button
      @click=${() => {
        actions.lens.resume()
      }}
    >
      ${label}
    </button>`
  switch (progress.kind) {
    case 'idle':
      return nothing
    case 'running':
      return html`<p class="lens-status late" role="status">
        <span>Computing what is visible…</span>
        <button
          @click=${() => {
            actions.lens.cancel()
          }}
        >
          Cancel
        </button>
      </p>`
    case 'cancelled':
      return html`<p class="lens-status" role="status"><span>Cancelled.</span> ${resume('Resume')}</p>`
    case 'failed':
      return html`<p class="error failure" role="alert">
        Computing the lens failed: ${progress.message} ${resume('Retry')}
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
