import { html, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'

import { formatCount, formatCounted, formatDecimal, formatPercent } from '../../../src/shared/text/format'
import { VOCABULARY_SIZE } from '../../../src/shared/contracts/prediction'
import type { SampledDistribution, SamplingStep } from '../../../src/shared/numbers/sampling'
import { NEUTRAL_SAMPLING, type SamplingSettings } from '../../../src/shared/contracts/samplingSettings'
import type { PanelActions } from '../../controller'
import { LightElement } from '../base/lightElement'

/** What the picked row becomes: it may not be there yet, or be a part of what was chosen as a whole. */
export type Sampled = SampledDistribution | 'loading' | 'jointly'

/** Temperature, top-k, top-p, min-p: what a generator would make of the picked row. */
@customElement('logitscope-sampling')
export class SamplingElement extends LightElement {
  @property({ attribute: false }) sampling!: SamplingSettings
  @property({ attribute: false }) sampled: Sampled = 'loading'
  /** What a reset goes back to. */
  @property({ attribute: false }) initial: SamplingSettings = NEUTRAL_SAMPLING
  @property({ attribute: false }) actions!: PanelActions

  protected override render(): TemplateResult {
    return html`<section class="sampling" aria-label="Sampling">
      ${CONTROLS.map((control) => this.controlTemplate(control))}
      <div class="effect">
        <div>${this.effectTemplate()}</div>
        <button
          @click=${() => {
            this.actions.setSampling(this.initial)
          }}
        >
          Reset
        </button>
      </div>
    </section>`
  }

  private controlTemplate(control: SamplingControl): TemplateResult {
    const { name, label, sliderMax, max, step } = control
    const value = this.sampling[name]
    return html`<div class="control">
      <label for="sampling-${name}">${label}</label>
      <input
        type="range"
        id="sampling-${name}"
        min="0"
        max=${sliderMax}
        step=${step}
        .value=${String(value)}
        aria-valuetext=${control.speak(value)}
        @input=${(event: Event) => {
          this.set(control, event.target as HTMLInputElement)
        }}
      />
      <input
        type="number"
        min="0"
        max=${max}
        step=${step}
        .value=${control.format(value)}
        aria-label="${label}, as a number"
        @change=${(event: Event) => {
          this.set(control, event.target as HTMLInputElement)
        }}
      />
    </div>`
  }

  private set({ name, max, format }: SamplingControl, input: HTMLInputElement): void {
    const entered = Number.isNaN(input.valueAsNumber) ? NEUTRAL_SAMPLING[name] : input.valueAsNumber
    const bounded = Math.min(max, Math.max(0, entered))
    const value = name === 'topK' ? Math.round(bounded) : round(bounded)
    if (input.type === 'number') input.value = format(value)
    this.actions.setSampling({ ...this.sampling, [name]: value })
  }

  private effectTemplate(): unknown {
    if (this.sampled === 'loading') return html`<p class="dim">Waiting for the full row of logits…</p>`
    if (this.sampled === 'jointly')
      return html`<p class="dim">
        The beginning of a completion is chosen as a whole, among all ways to go on with what was typed: its
        tokens have no shares of their own.
      </p>`
    const { steps, kept } = this.sampled
    if (steps.length === 0)
      return html`<p class="dim">Every one of ${formatCounted(kept, 'token')} can be drawn.</p>`
    return steps.map((step) => html`<p>${describe(step, this.sampling)}</p>`)
  }
}

interface SamplingControl {
  readonly name: keyof SamplingSettings
  readonly label: string
  readonly sliderMax: number
  /** The number field reaches further than the slider. */
  readonly max: number
  readonly step: number
  readonly format: (value: number) => string
  readonly speak: (value: number) => string
}

/** Finer than anybody asks for; what is shown is what is applied. */
const MAX_DIGITS = 4
const round = (value: number) => Number(value.toFixed(MAX_DIGITS))
/** At least two digits, and more where they say something. */
const digits = (value: number) => formatDecimal(value, Math.max(2, String(value).split('.')[1]?.length ?? 0))
const SHARE = { sliderMax: 1, max: 1, step: 0.01, format: digits }

const CONTROLS: readonly SamplingControl[] = [
  {
    name: 'temperature',
    label: 'Temperature',
    sliderMax: 2,
    max: 2,
    step: 0.05,
    format: digits,
    speak: (value) => (value === 0 ? '0, greedy' : digits(value)),
  },
  {
    name: 'topK',
    label: 'Top-k',
    sliderMax: 100,
    max: VOCABULARY_SIZE,
    step: 1,
    format: String,
    speak: (value) => (value === 0 ? 'off' : formatCounted(value, 'token')),
  },
  { ...SHARE, name: 'topP', label: 'Top-p', speak: (value) => (value === 1 ? 'off' : digits(value)) },
  { ...SHARE, name: 'minP', label: 'Min-p', speak: (value) => (value === 0 ? 'off' : digits(value)) },
]

/** `Top-p 0.90 keeps 417 tokens and cuts 10.0 %` */
function describe({ processor, kept, cut }: SamplingStep, settings: SamplingSettings): string {
  if (processor === 'temperature')
    return settings.temperature === 0
      ? 'Temperature 0 is greedy: the most likely token takes everything'
      : `Temperature ${digits(settings.temperature)} keeps all ${formatCount(kept)} tokens and ${
          settings.temperature < 1 ? 'sharpens' : 'flattens'
        } their probabilities`
  const { label, format } = CONTROLS.find(({ name }) => name === processor) ?? CONTROLS[0]
  const cuts = cut > 0 ? `cuts ${formatPercent(cut)}` : 'cuts nothing'
  return `${label} ${format(settings[processor])} keeps ${formatCounted(kept, 'token')} and ${cuts}`
}
