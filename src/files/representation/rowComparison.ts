// V = 50257

/** The comparison of one row with the reference's row, in nats. */
export interface RowComparison {
  /** Largest difference of two log-probabilities of a token; Infinity if the file has a NaN or an infinite logit. */
  readonly maxAbsDelta: number
  /** Largest part of a difference that rounding and float32 arithmetic do not explain; 0 if the row is right. */
  readonly maxExcess: number
  /** Root mean square of the differences over the vocabulary. */
  readonly rms: number
  /** KL(reference ‖ file). */
  readonly kl: number
  readonly sameTop: boolean
}
