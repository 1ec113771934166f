import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit'

import type { InspectionComparison } from '../../../src/shared/contracts/panel/comparison'
import type { PanelCommand } from '../../../src/shared/contracts/panel/protocol'
import type { PanelActions } from '../../controllers/controller'
import { isBusy, isComparing, type PanelState } from '../../state/inspection/panelState'

/**
 * Cancel while a run is under way, else Run Again, and Continue if tokens are missing; Compare…, or what can be done with
 * the comparison. Only icons in a narrow panel.
 */
export function runButtons(state: PanelState, actions: PanelActions): TemplateResult {
  const comparison = state.inspection?.comparison
  if (comparison !== undefined) return comparedButtons(state, comparison, actions)
  const compare = { icon: SCALES, class: 'compare', text: 'wide-label' }
  return html`${inspectionButtons(state, actions)} ${button('compare', 'Compare…', { ...compare, actions })}`
}

/** The buttons of a comparison need the room, so that Run Again is an icon. */
function comparedButtons(
  state: PanelState,
  { canSwap }: InspectionComparison,
  actions: PanelActions,
): TemplateResult {
  const look = { class: 'compare of-comparison', text: 'from-900', actions }
  const isRunning = isComparing(state)
  return html`<span class="small">${inspectionButtons(state, actions)}</span>
    ${isRunning ? button('cancelComparison', 'Cancel Comparison', { ...look, icon: STOP }) : nothing}
    ${!isRunning && canSwap ? button('swapComparison', 'Swap', { ...look, icon: SWAP }) : nothing}
    ${button('endComparison', 'End Comparison', { ...look, icon: CLOSE })}`
}

function inspectionButtons(state: PanelState, actions: PanelActions): TemplateResult {
  const { inspection, documentState } = state
  const look = { class: '', text: 'from-620', actions }
  if (isBusy(state)) return button('cancelInspection', 'Cancel', { ...look, icon: STOP })
  const isIncomplete = inspection?.state.kind === 'cancelled' || inspection?.state.kind === 'interrupted'
  const canContinue = isIncomplete && documentState === 'unchanged'
  const again = { ...look, class: documentState === 'changed' ? 'action' : '', icon: REPEAT }
  // There is room for one label.
  return html`${canContinue ? button('continueInspection', 'Continue', { ...look, class: 'action', icon: PLAY }) : nothing}
    <span class=${canContinue ? 'small' : 'again'}
      >${documentState === 'deleted' ? nothing : button('runAgain', 'Run Again', again)}</span
    >`
}

interface ButtonLook {
  readonly icon: SVGTemplateResult
  readonly class: string
  /** Class of the label: in which panels it has room. */
  readonly text: string
  readonly actions: PanelActions
}

function button(command: PanelCommand, label: string, look: ButtonLook): TemplateResult {
  return html`<button
    class="run ${look.class}"
    title=${label}
    aria-label=${label}
    @click=${() => {
      look.actions.run(command)
    }}
  >
    <svg viewBox="0 0 16 16" aria-hidden="true">${look.icon}</svg><span class=${look.text}>${label}</span>
  </button>`
}

/** Opens VS Code's menu with the commands for the whole inspection. */
export function moreButton(): TemplateResult {
  return html`<button
    class="more"
    title="More Actions…"
    aria-label="More Actions…"
    aria-haspopup="menu"
    data-vscode-context='{ "webviewSection": "more", "preventDefaultContextMenuItems": true }'
    @click=${openContextMenu}
  >
    <svg viewBox="0 0 16 16" aria-hidden="true">${DOTS}</svg>
  </button>`
}

/** VS Code shows the context menu of an element that gets this event; it has no other way to open one. */
function openContextMenu({ currentTarget }: Event): void {
  const button = currentTarget as HTMLElement
  const { left, bottom } = button.getBoundingClientRect()
  button.dispatchEvent(
    new MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: left, clientY: bottom }),
  )
}

const STOP = svg`<rect x="4" y="4" width="8" height="8" rx="1" />`
const PLAY = svg`<path d="M5 3.5v9l7.5-4.5z" />`
const REPEAT = svg`<path
  d="M8 3a5 5 0 1 0 4.9 4h-1.5A3.5 3.5 0 1 1 8 4.5c.9 0 1.8.4 2.4 1L8.8 7H13V2.8l-1.5 1.6A5 5 0 0 0 8 3z"
/>`
const SCALES = svg`<path d="M2 3h5v10H2zM9 3h5v10H9zM3.2 4.2v7.6h2.6V4.2z" fill-rule="evenodd" />`
const SWAP = svg`<path d="M4.5 3 1.5 6l3 3V7H14V5H4.5zM11.5 7v2H2v2h9.5v2l3-3z" />`
const CLOSE = svg`<path d="m3.5 4.6 1.1-1.1L8 6.9l3.4-3.4 1.1 1.1L9.1 8l3.4 3.4-1.1 1.1L8 9.1l-3.4 3.4-1.1-1.1L6.9 8z" />`
const DOTS = svg`<circle cx="3" cy="8" r="1.4" /><circle cx="8" cy="8" r="1.4" /><circle cx="13" cy="8" r="1.4" />`
