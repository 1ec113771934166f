/** How long a hub is waited for, and how often it is asked again. */
export interface HubLimits {
  /** Milliseconds until the head of an answer has to be there. */
  readonly answerMs: number
  /** In each span of this many milliseconds … */
  readonly spanMs: number
  /** … at least this many bytes have to come: less is a connection that has died, or drips. */
  readonly spanBytes: number
  /** Tries in a row that may fail without getting ahead. */
  readonly retries: number
  /** A try that brought this many bytes got ahead. */
  readonly progressBytes: number
  /** Milliseconds before the second try; each further one waits twice as long. */
  readonly firstDelayMs: number
  /** Milliseconds that a hub may ask to be left alone. */
  readonly longestDelayMs: number
}

export const HUB_LIMITS: HubLimits = {
  answerMs: 30_000,
  spanMs: 30_000,
  spanBytes: 32 * 1024,
  retries: 4,
  progressBytes: 1024 * 1024,
  firstDelayMs: 1000,
  longestDelayMs: 120_000,
}
