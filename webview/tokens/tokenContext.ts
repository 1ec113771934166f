import type { ComparisonSide } from '../../src/shared/contracts/panel/comparison'
import type { TokenAddress } from '../../src/shared/contracts/panel/protocol'
import type { WhySubject } from '../../src/shared/contracts/panel/why'

export interface TokenContext extends TokenAddress {
  /** The view that has menu items of its own for a token. */
  readonly panelView?: 'lens' | 'why'
  /** The side that the view shows. */
  readonly side?: ComparisonSide
  /** The subject that the tab Why shows. */
  readonly subject?: WhySubject
}

/**
 * Tells VS Code which token its context menu is about. Called in a `contextmenu` listener: VS Code reads the attribute
 * `data-vscode-context` of the event's path later in the same event, so not every token needs one.
 */
export function setTokenContext(
  element: HTMLElement,
  inspectionId: string,
  { section, position, panelView, side, subject }: TokenContext,
): void {
  element.dataset.vscodeContext = JSON.stringify({
    webviewSection: 'token',
    inspectionId,
    section,
    position,
    panelView,
    side,
    subject,
    preventDefaultContextMenuItems: true,
  })
}
