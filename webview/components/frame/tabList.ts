import { html, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'

import type { Tab } from '../../state/inspection/tabs'
import { LightElement } from '../base/lightElement'

/** The DOM id of a tab's panel. */
export function tabPanelId(id: Tab['id']): string {
  return `panel-${id}`
}

/** The DOM id of a tab. */
export function tabId(id: Tab['id']): string {
  return `tab-${id}`
}

/** A row of tabs with one tab stop. The arrow keys move the focus; Enter opens, because a tab may have to compute. */
@customElement('logitscope-tabs')
export class TabListElement extends LightElement {
  @property({ attribute: false }) tabs: readonly Tab[] = []
  @property({ attribute: false }) selected!: Tab['id']
  @property({ attribute: false }) label = ''
  @property({ attribute: false }) open!: (tab: Tab) => void

  protected override render(): TemplateResult {
    return html`<div class="tabs" role="tablist" aria-label=${this.label} @keydown=${this.onKeyDown}>
      ${this.tabs.map((tab) => this.tabTemplate(tab))}
    </div>`
  }

  private tabTemplate(tab: Tab): TemplateResult {
    const selected = tab.id === this.selected
    return html`<button
      role="tab"
      id=${tabId(tab.id)}
      aria-selected=${selected}
      aria-controls=${tabPanelId(tab.id)}
      tabindex=${selected ? 0 : -1}
      @click=${() => {
        this.open(tab)
      }}
    >
      ${tab.label}
    </button>`
  }

  private readonly onKeyDown = (event: KeyboardEvent) => {
    const buttons = [...this.querySelectorAll('button')]
    const current = buttons.findIndex((button) => button === event.target)
    const target = targetOf(event.key, current, buttons.length)
    if (target === null) return
    event.preventDefault()
    buttons.at(target)?.focus()
  }
}

/** The tab that a key moves to; null if the key does not move. */
function targetOf(key: string, current: number, count: number): number | null {
  switch (key) {
    case 'ArrowRight':
      return (current + 1) % count
    case 'ArrowLeft':
      return (current + count - 1) % count
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return null
  }
}
