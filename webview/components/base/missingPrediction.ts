import { html, nothing, type TemplateResult } from 'lit'

import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import type { Unscored } from '../../../src/shared/text/unscored'
import { assertNever } from '../../../src/shared/assertNever'

/** Why the picked token has no prediction, and what to do about it. */
export function missingPredictionTemplate(
  reason: Unscored,
  { generation }: Inspection,
  actions: { setStartToken(startToken: boolean): void },
): TemplateResult {
  // A completion was generated with its start token, which cannot be changed afterwards.
  const canTurnOn = reason === 'noContext' && generation === undefined
  const button = html`<button
    @click=${() => {
      actions.setStartToken(true)
    }}
  >
    Turn On Start Token
  </button>`
  return html`<div class="missing">
    <p class="dim">${explain(reason)}</p>
    ${canTurnOn ? button : nothing}
  </div>`
}

function explain(reason: Unscored): string {
  switch (reason) {
    case 'pending':
      return 'Not scored yet: the run is in progress.'
    case 'noContext':
      return 'No prediction: nothing precedes this token, and the start token is off.'
    case 'cancelled':
      return 'Not scored: the run was cancelled before this token. Continue it or run it again.'
    case 'interrupted':
      return 'Not scored: the window was reloaded before the run reached this token. Continue it or run it again.'
    case 'failed':
      return 'Not scored: the run failed before this token. Run it again.'
    case 'uncompared':
      return 'Not compared, so the baseline has no prediction here.'
    default:
      return assertNever(reason)
  }
}
