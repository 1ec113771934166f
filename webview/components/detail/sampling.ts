import { html, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'

import { assertNever } from '../../../src/shared/assertNever'
import { formatCount, formatCounted, formatProbability } from '../../../src/shared/text/format'
import type { SampledDistribution, SamplingStep } from '../../../src/shared/numbers/sampling'
import {
  NEUTRAL_SAMPLING,
  type SamplingSettings,
} from '../../../src/shared/contracts/engine/samplingSettings'
import type { PanelActions } from '../../controllers/controller'
import { LightElement } from '../base/lightElement'
import {
  activeSettings,
  digits,
  SAMPLING_CONTROLS,
  SAMPLING_ORDER,
  type SamplingControlName,
} from './samplingControls'

/**
 * The picked row after sampling, or why it is unknown. `loading`, `failed`: the full row of logits is not available;
 * `unscored`: this run has no distribution for the token; `jointly`: the token was sampled with others.
 */
export type Sampled = SampledDistribution | 'loading' | 'failed' | 'unscored' | 'jointly'

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
    return html`<div class="sampling">
      ${SAMPLING_ORDER.map((name) => this.controlTemplate(name))}
      <div class="effect">${this.effectTemplate()}</div>
      <button
        @click=${() => {
          this.actions.setSampling(this.initial)
        }}
      >
        Reset
      </button>
    </div>`
  }

  private controlTemplate(name: SamplingControlName): TemplateResult {
    const { label, sliderMax, step, format, speak } = SAMPLING_CONTROLS[name]
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

  private set(name: SamplingControlName, input: HTMLInputElement): void {
    const entered = Number.isNaN(input.valueAsNumber) ? NEUTRAL_SAMPLING[name] : input.valueAsNumber
    const bounded = Math.min(this.maxOf(name), Math.max(0, entered))
    const value = name === 'topK' ? Math.round(bounded) : round(bounded)
    if (input.type === 'number') input.value = SAMPLING_CONTROLS[name].format(value)
    this.actions.setSampling({ [name]: value })
  }

  private maxOf(name: SamplingControlName): number {
    const { max } = SAMPLING_CONTROLS[name]
    return max === 'vocabulary' ? this.vocabularySize : max
  }

  private effectTemplate(): unknown {
    const { sampled, sampling } = this
    const active = activeSettings(sampling)
    if (sampled === 'loading' && active.length > 0)
      return active.map((name) => html`<p>${describePending(name, sampling, this.vocabularySize)}</p>`)
    if (typeof sampled === 'string') return html`<p>${reasonText(sampled)}</p>`
    const { steps, kept } = sampled
    if (steps.length === 0) return html`<p>All ${formatCounted(kept, 'token')} can be sampled.</p>`
    return steps.map((step) => html`<p>${describe(step, sampling)}</p>`)
  }
}

function reasonText(reason: Exclude<Sampled, SampledDistribution>): string {
  switch (reason) {
    case 'loading':
      return 'Loading the full row of logits…'
    case 'failed':
      return 'The effect is unknown, because loading the full row of logits failed.'
    case 'unscored':
      return 'Nothing to sample from: this run has no distribution for this token.'
    case 'jointly':
      return 'The tokens that cover the typed text are sampled jointly, so they have no sampling probability of their own.'
    default:
      return assertNever(reason)
  }
}

/** Values are rounded to this many decimals, so that the value shown is the value applied. */
const MAX_DIGITS = 4
const round = (value: number) => Number(value.toFixed(MAX_DIGITS))

/** `Top-p 0.90 keeps 417 tokens and cuts 10.0 %` */
function describe({ processor, kept, cut }: SamplingStep, settings: SamplingSettings): string {
  if (processor === 'temperature') return describeTemperature(settings, kept)
  const cuts = cut > 0 ? `cuts ${formatProbability(cut)}` : 'cuts nothing'
  return `${labelled(processor, settings)} keeps ${formatCounted(kept, 'token')} and ${cuts}`
}

/** The facts that are known before the full row of logits is loaded. As long as the final text, so that nothing moves then. */
function describePending(
  name: SamplingControlName,
  settings: SamplingSettings,
  vocabularySize: number,
): string {
  if (name === 'temperature') return describeTemperature(settings, vocabularySize)
  return `${labelled(name, settings)} keeps … tokens and cuts …`
}

function describeTemperature({ temperature }: SamplingSettings, kept: number): string {
  if (temperature === 0) return 'Temperature 0 is greedy: the most likely token gets all probability'
  const effect = temperature < 1 ? 'sharpens' : 'flattens'
  return `Temperature ${digits(temperature)} keeps all ${formatCount(kept)} tokens and ${effect} the distribution`
}

/** `Top-p 0.90` */
function labelled(name: SamplingControlName, settings: SamplingSettings): string {
  const { label, format } = SAMPLING_CONTROLS[name]
  return `${label} ${format(settings[name])}`
}
