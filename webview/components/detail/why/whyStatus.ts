import { html, nothing, type TemplateResult } from 'lit'

import { assertNever } from '../../../../src/shared/assertNever'
import type { Remedy } from '../../../../src/shared/remedies'
import type { PanelActions } from '../../../controllers/controller'
import type { WhyProgress } from '../../../state/explanations/why'
import { failedComputation, textButton } from '../../base/failedComputation'

/** How far the answer is. The stylesheet shows progress only after 0.3 s, over the end of the view, so that nothing moves. */
export function whyStatusTemplate(
  progress: WhyProgress,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  const retry = () => {
    actions.why.retry()
  }
  const run = (remedy: Remedy) => {
    actions.run(remedy)
  }
  const cancel = () => {
    actions.why.cancel()
  }
  switch (progress.kind) {
    case 'done':
      return nothing
    case 'running':
      return html`<div class="why-status late">
        <progress aria-label="Explaining the prediction"></progress>
        ${textButton('Cancel', cancel)}
      </div>`
    case 'cancelled':
      return html`<div class="why-status">
        <span role="status">Cancelled.</span> ${textButton('Resume', retry)}
      </div>`
    case 'failed':
      return failedComputation({ ...progress, what: 'Explaining the prediction', retry, run })
    default:
      return assertNever(progress)
  }
}
