import { formatCounted, formatDecimal } from '../../../src/shared/text/format'
import {
  NEUTRAL_SAMPLING,
  type SamplingSettings,
} from '../../../src/shared/contracts/engine/samplingSettings'

export type SamplingControlName = keyof SamplingSettings

/** How one sampling setting is labelled, bounded and written. */
export interface SamplingControl {
  readonly label: string
  /** The label where space is short: `T`, `top-k`. */
  readonly shortLabel: string
  /** The action of its chip's button. */
  readonly neutralize: string
  readonly sliderMax: number
  /** Upper bound of the number field; `vocabulary` is the vocabulary's size. */
  readonly max: number | 'vocabulary'
  readonly step: number
  readonly format: (value: number) => string
  readonly speak: (value: number) => string
}

/** Two decimals, or more if the value has more. */
export const digits = (value: number) =>
  formatDecimal(value, Math.max(2, String(value).split('.')[1]?.length ?? 0))

const SHARE = { sliderMax: 1, max: 1, step: 0.01, format: digits }

export const SAMPLING_CONTROLS: Readonly<Record<SamplingControlName, SamplingControl>> = {
  temperature: {
    label: 'Temperature',
    shortLabel: 'T',
    neutralize: 'Set temperature to 1',
    sliderMax: 2,
    max: 2,
    step: 0.05,
    format: digits,
    speak: (value) => (value === 0 ? '0, greedy' : digits(value)),
  },
  topK: {
    label: 'Top-k',
    shortLabel: 'top-k',
    neutralize: 'Turn off top-k',
    sliderMax: 100,
    max: 'vocabulary',
    step: 1,
    format: String,
    speak: (value) => (value === 0 ? 'off' : formatCounted(value, 'token')),
  },
  topP: {
    ...SHARE,
    label: 'Top-p',
    shortLabel: 'top-p',
    neutralize: 'Turn off top-p',
    speak: (value) => (value === 1 ? 'off' : digits(value)),
  },
  minP: {
    ...SHARE,
    label: 'Min-p',
    shortLabel: 'min-p',
    neutralize: 'Turn off min-p',
    speak: (value) => (value === 0 ? 'off' : digits(value)),
  },
}

/** The order in which the processors are applied. */
export const SAMPLING_ORDER = ['temperature', 'topK', 'topP', 'minP'] as const

/** The settings that change the distribution, in the order in which they are applied. */
export function activeSettings(sampling: SamplingSettings): readonly SamplingControlName[] {
  return SAMPLING_ORDER.filter((name) => sampling[name] !== NEUTRAL_SAMPLING[name])
}
