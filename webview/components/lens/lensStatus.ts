import { html, nothing, type TemplateResult } from 'lit'

import { assertNever } from '../../../src/shared/assertNever'
import type { Remedy } from '../../../src/shared/remedies'
import type { PanelActions } from '../../controllers/controller'
import type { LensProgress } from '../../state/explanations/lens'
import { failedComputation, textButton } from '../base/failedComputation'

/**
 * How far the visible rows are. The stylesheet shows progress only after 0.3 s, over the title of the table, so that
 * nothing moves.
 */
export function lensStatusTemplate(
  progress: LensProgress,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  const resume = () => {
    actions.lens.resume()
  }
  const run = (remedy: Remedy) => {
    actions.run(remedy)
  }
  const cancel = () => {
    actions.lens.cancel()
  }
  switch (progress.kind) {
    case 'idle':
      return nothing
    case 'running':
      return html`<p class="lens-status late" role="status">
        <span>Computing what is visible…</span> ${textButton('Cancel', cancel)}
      </p>`
    case 'cancelled':
      return html`<p class="lens-status" role="status">
        <span>Cancelled.</span> ${textButton('Resume', resume)}
      </p>`
    case 'failed':
      return failedComputation({ ...progress, what: 'Computing the lens', retry: resume, run })
    default:
      return assertNever(progress)
  }
}
