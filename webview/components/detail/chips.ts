import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'

import type { SamplingSettings } from '../../../src/shared/contracts/engine/samplingSettings'
import { activeSettings, SAMPLING_CONTROLS, type SamplingControlName } from './samplingControls'

/** A chip for each sampling setting that is not neutral: `T 0.5 ×`. Nothing if all are. */
export function chipsTemplate(
  sampling: SamplingSettings,
  onRemove: (name: SamplingControlName, event: Event) => void,
): TemplateResult | typeof nothing {
  const active = activeSettings(sampling)
  if (active.length === 0) return nothing
  // Keyed, because the focus is already on the next chip when this one is removed.
  return html`<ul class="chips" aria-label="Sampling settings">
    ${repeat(
      active,
      (name) => name,
      (name) => {
        const { shortLabel, neutralize } = SAMPLING_CONTROLS[name]
        return html`<li class="chip">
          ${shortLabel} ${sampling[name]}<button
            aria-label=${neutralize}
            title=${neutralize}
            @click=${(event: Event) => {
              onRemove(name, event)
            }}
          >
            ×
          </button>
        </li>`
      },
    )}
  </ul>`
}
