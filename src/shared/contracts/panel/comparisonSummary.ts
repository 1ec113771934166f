/** The figures of two distributions for each of the same tokens; the first is called the baseline. */
export interface ComparisonSummary {
  /** Number of compared rows. */
  readonly tokens: number
  /** Mean surprisal of the tokens that follow the rows; null if no row is followed by a token. */
  readonly bitsPerToken: number | null
  readonly baselineBitsPerToken: number | null
  /** Of KL(baseline ‖ other), in nats. */
  readonly klMeanNats: number
  readonly klStandardErrorNats: number
  readonly klMedianNats: number
  /** 99th percentile. */
  readonly kl99Nats: number
  /** 99.9th percentile. */
  readonly kl999Nats: number
  readonly klMaxNats: number
  /** Share of the rows whose most likely token is the same, 0 to 1. */
  readonly sameTop: number
  /** Root mean square of the difference of the probabilities of the tokens that follow; null as above. */
  readonly rmsDeltaP: number | null
  /** Largest difference of two log-probabilities. */
  readonly maxAbsDeltaNats: number
}
