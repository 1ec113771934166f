import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit'

import type { PanelCommand } from '../../../src/shared/contracts/protocol'
import type { PanelActions } from '../../controller'
import { isBusy, type PanelState } from '../../state/panelState'

/** Cancel while a run is under way, else Run Again, and Continue if tokens are missing. Only icons in a narrow panel. */
export function runButtons(state: PanelState, actions: PanelActions): TemplateResult {
  const { inspection, documentState } = state
  const button = (command: PanelCommand, label: string, look: { icon: SVGTemplateResult; main?: boolean }) =>
    html`<button
      class="run ${look.main === true ? 'action' : ''}"
      title=${label}
      aria-label=${label}
      @click=${() => {
        actions.run(command)
      }}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">${look.icon}</svg><span class="from-620">${label}</span>
    </button>`
  if (isBusy(state)) return button('cancelInspection', 'Cancel', { icon: STOP })
  const canContinue = inspection?.state.kind === 'cancelled' || inspection?.state.kind === 'interrupted'
  const canRun = documentState !== 'deleted'
  return html`${canContinue && documentState === 'unchanged' ? button('continueInspection', 'Continue', { icon: PLAY, main: true }) : nothing}
  ${canRun ? button('runAgain', 'Run Again', { icon: REPEAT, main: documentState === 'changed' }) : nothing}`
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
const DOTS = svg`<circle cx="3" cy="8" r="1.4" /><circle cx="8" cy="8" r="1.4" /><circle cx="13" cy="8" r="1.4" />`
