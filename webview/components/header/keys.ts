import { html, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'

import { LightElement } from '../base/lightElement'

const KEYS: readonly (readonly [keys: string, meaning: string])[] = [
  ['↑ ↓', 'previous or next token, shown in the editor'],
  ['PgUp PgDn Home End', 'further'],
  ['Enter', 'select the token in the editor'],
  ['↑ at the top', 'to the headers: ← → between them, Enter sorts, ↓ comes back'],
  ['Ctrl+C, ⌘C', 'copy the row, unless text is selected'],
  ['Escape', 'cancel what is running, or close this list'],
  ['F6', 'to the next part of the window, as everywhere'],
  ['?', 'this list'],
]

/** The list of keys; has the focus from its beginning to its end. */
@customElement('logitscope-keys')
export class KeysElement extends LightElement {
  @property({ attribute: false }) close!: () => void

  protected override render(): TemplateResult {
    return html`<section class="keys" role="dialog" aria-label="Keys">
      <h2>Keys</h2>
      <dl>
        ${KEYS.map(
          ([keys, meaning]) =>
            html`<dt>${keys}</dt>
              <dd>${meaning}</dd>`,
        )}
      </dl>
      <button @click=${this.close}>Close</button>
    </section>`
  }

  protected override firstUpdated(): void {
    this.querySelector('button')?.focus()
  }
}
