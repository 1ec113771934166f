import { html, type TemplateResult } from 'lit'

import type { PanelCommand } from '../../../src/shared/contracts/panel/protocol'
import { type Remedy, REMEDY_LABELS } from '../../../src/shared/remedies'
import type { PanelActions } from '../../controllers/controller'

/** The first remedy is the one that is most likely to help. */
export function remedyButtons(remedies: readonly Remedy[], actions: PanelActions): TemplateResult[] {
  return remedies.map((remedy, i) =>
    (i === 0 ? mainCommand : command)(remedy, REMEDY_LABELS[remedy], actions),
  )
}

/** The button of what a notice suggests; a notice has at most one. */
export function mainCommand(name: PanelCommand, label: string, actions: PanelActions): TemplateResult {
  return html`<button
    class="action"
    @click=${() => {
      actions.run(name)
    }}
  >
    ${label}
  </button>`
}

/** The button of a command. */
export function command(name: PanelCommand, label: string, actions: PanelActions): TemplateResult {
  return html`<button
    @click=${() => {
      actions.run(name)
    }}
  >
    ${label}
  </button>`
}
