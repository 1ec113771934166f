import { html, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'

import { formatCount, formatCounted, formatDecimal, formatProbability } from '../../../src/shared/text/format'
import type { SampledDistribution, SamplingStep } from '../../../src/shared/numbers/sampling'
import { NEUTRAL_SAMPLING, type SamplingSettings } from '../../../src/shared/contracts/samplingSettings'
import type { PanelActions } from '../../controller'
import { LightElement } from '../base/lightElement'

/** The picked row after sampling. `loading`: the full row is missing; `jointly`: the token was sampled with others. */
export type Sampled = SampledDistribution | 'loading' | 'jointly'

/** The controls for temperature, top-k, top-p and min-p, and their effect on the picked row. */
@customElement('logitscope-sampling')
export class SamplingElement extends LightElement {
  @property({ attribute: false }) sampling!: SamplingSettings
  /** V, the largest top-k. */
  @property({ attribute: false }) vocabularySize!: number
  @property({ attribute: false }) sampled: Sampled = 'loading'
  /** The settings that Reset restores. */
  @property({ attribute: false }) initial: SamplingSettings = NEUTRAL_SAMPLING
  @property({ attribute: false }) actions!: PanelActions

  protected override render(): TemplateResult {
    return html`<section class="sampling" aria-label="Sampling">
      ${CONTROL_ORDER.map((name) => this.controlTemplate(name))}
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

  private controlTemplate(name: keyof SamplingSettings): TemplateResult {
    const { label, sliderMax, step, format, speak } = CONTROLS[name]
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
        aria-valuetext=${speak(value)}
        @input=${(event: Event) => {
          this.set(name, event.target as HTMLInputElement)
        }}
      />
      <input
        type="number"
        min="0"
        max=${this.maxOf(name)}
        step=${step}
        .value=${format(value)}
        aria-label="${label}, as a number"
        @change=${(event: Event) => {
          this.set(name, event.target as HTMLInputElement)
        }}
      />
    </div>`
  }

  private set(name: keyof SamplingSettings, input: HTMLInputElement): void {
    const entered = Number.isNaN(input.valueAsNumber) ? NEUTRAL_SAMPLING[name] : input.valueAsNumber
    const bounded = Math.min(this.maxOf(name), Math.max(0, entered))
    const value = name === 'topK' ? Math.round(bounded) : round(bounded)
    if (input.type === 'number') input.value = CONTROLS[name].format(value)
    this.actions.setSampling({ ...this.sampling, [name]: value })
  }

  private maxOf(name: keyof SamplingSettings): number {
    const { max } = CONTROLS[name]
    return max === 'vocabulary' ? this.vocabularySize : max
  }

  private effectTemplate(): unknown {
    if (this.sampled === 'loading') return html`<p class="dim">Loading the full row of logits…</p>`
    if (this.sampled === 'jointly')
      return html`<p class="dim">
        The tokens that cover the typed text are sampled jointly, so they have no sampling probability of
        their own.
      </p>`
    const { steps, kept } = this.sampled
    if (steps.length === 0)
      return html`<p class="dim">All ${formatCounted(kept, 'token')} can be sampled.</p>`
    return steps.map((step) => html`<p>${describe(step, this.sampling)}</p>`)
  }
}

interface SamplingControl {
  readonly label: string
  readonly sliderMax: number
  /** Upper bound of the number field; `vocabulary` is the vocabulary's size. */
  readonly max: number | 'vocabulary'
  readonly step: number
  readonly format: (value: number) => string
  readonly speak: (value: number) => string
}

/** Values are rounded to this many decimals, so that the value shown is the value applied. */
const MAX_DIGITS = 4
const round = (value: number) => Number(value.toFixed(MAX_DIGITS))
/** Two decimals, or more if the value has more. */
const digits = (value: number) => formatDecimal(value, Math.max(2, String(value).split('.')[1]?.length ?? 0))
const SHARE = { sliderMax: 1, max: 1, step: 0.01, format: digits }

const CONTROLS: Readonly<Record<keyof SamplingSettings, SamplingControl>> = {
  temperature: {
    label: 'Temperature',
    sliderMax: 2,
    max: 2,
    step: 0.05,
    format: digits,
    speak: (value) => (value === 0 ? '0, greedy' : digits(value)),
  },
  topK: {
    label: 'Top-k',
    sliderMax: 100,
    max: 'vocabulary',
    step: 1,
    format: String,
    speak: (value) => (value === 0 ? 'off' : formatCounted(value, 'token')),
  },
  topP: { ...SHARE, label: 'Top-p', speak: (value) => (value === 1 ? 'off' : digits(value)) },
  minP: { ...SHARE, label: 'Min-p', speak: (value) => (value === 0 ? 'off' : digits(value)) },
}
/** The order in which the processors are applied. */
const CONTROL_ORDER = ['temperature', 'topK', 'topP', 'minP'] as const

/** `Top-p 0.90 keeps 417 tokens and cuts 10.0 %` */
function describe({ processor, kept, cut }: SamplingStep, settings: SamplingSettings): string {
  if (processor === 'temperature')
    return settings.temperature === 0
      ? 'Temperature 0 is greedy: the most likely token gets all probability'
      : `Temperature ${digits(settings.temperature)} keeps all ${formatCount(kept)} tokens and ${
          settings.temperature < 1 ? 'sharpens' : 'flattens'
        } the distribution`
  const { label, format } = CONTROLS[processor]
  const cuts = cut > 0 ? `cuts ${formatProbability(cut)}` : 'cuts nothing'
  return `${label} ${format(settings[processor])} keeps ${formatCounted(kept, 'token')} and ${cuts}`
}
