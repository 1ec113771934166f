import { html, type TemplateResult } from 'lit'
import { live } from 'lit/directives/live.js'

import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import type { PanelActions } from '../../controllers/controller'

/** The switch for the start token; for a completion, which cannot change it afterwards, a text. */
export function startTokenTemplate(
  { startToken, generation }: Inspection,
  actions: PanelActions,
): TemplateResult {
  if (generation !== undefined)
    return html`<span class="dim">${startToken ? 'starts with <|endoftext|>' : 'no start token'}</span>`
  return html`<label
    title="Puts <|endoftext|> before the text. When off, the input is the same as model(input_ids) in Hugging Face transformers"
  >
    <input
      type="checkbox"
      role="switch"
      aria-label="Start token <|endoftext|>"
      .checked=${live(startToken)}
      @change=${(event: Event) => {
        actions.setStartToken((event.target as HTMLInputElement).checked)
      }}
    />
    <code>&lt;|endoftext|&gt;</code>
  </label>`
}
