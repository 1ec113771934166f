import { html, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'

import { LightElement } from '../base/lightElement'

const KEYS: readonly (readonly [keys: string, meaning: string])[] = [
  ['↑ ↓', 'Previous or next token, revealed in the editor'],
  ['← → in the text', 'Previous or next token, revealed in the editor'],
  ['← → ↑ ↓ in Lens', 'Previous or next token, or layer'],
  ['← → in Why', 'Close or open a part; Space knocks an earlier token out'],
  ['← → ↑ ↓ in the scatter plot', 'Nearest token in that direction'],
  ['PgUp PgDn', 'Previous or next page'],
  ['Home End', 'First or last token'],
  ['Enter', 'Select the token in the editor'],
  ['↑ in the first row', 'Go to the column headers: ← → between them, Enter to sort, ↓ to return'],
  ['Ctrl+C, ⌘C', 'Copy the selected text, or else the row'],
  ['Escape', 'Cancel the inspection or the comparison, or close this list'],
  ['F6', 'Go to the next part of the VS Code window'],
  ['?', 'Show or hide this list'],
]

/** The list of keyboard shortcuts. Takes the focus when it opens. */
@customElement('logitscope-keys')
export class KeysElement extends LightElement {
  @property({ attribute: false }) close!: () => void

  protected override render(): TemplateResult {
    return html`<section class="keys" role="dialog" aria-label="Keyboard Shortcuts">
      <div class="title">
        <h2>Keyboard Shortcuts</h2>
        <button @click=${this.close}>Close</button>
      </div>
      <dl>
        ${KEYS.map(
          ([keys, meaning]) =>
            html`<dt>${keys}</dt>
              <dd>${meaning}</dd>`,
        )}
      </dl>
    </section>`
  }

  protected override firstUpdated(): void {
    this.querySelector('button')?.focus()
  }
}
