/** How a distribution is sampled: temperature, then top-k, top-p and min-p. */
export interface SamplingSettings {
  /** 0 is greedy. */
  readonly temperature: number
  /** 0 is off. */
  readonly topK: number
  /** 1 is off. */
  readonly topP: number
  /** 0 is off. */
  readonly minP: number
}

/** The model's own distribution. */
export const NEUTRAL_SAMPLING: SamplingSettings = { temperature: 1, topK: 0, topP: 1, minP: 0 }
