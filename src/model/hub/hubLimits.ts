/** Timeouts and retries of requests to the hub. */
export interface HubLimits {
  /** Milliseconds until the headers of a response must have arrived. */
  readonly answerMs: number
  /** Length in milliseconds of the periods in which at least `spanBytes` must arrive. */
  readonly spanMs: number
  /** Minimum number of bytes in each period; with fewer, the connection is considered dead and cut. */
  readonly spanBytes: number
  /** Attempts in a row that may fail without progress. */
  readonly retries: number
  /** An attempt that delivered at least this many bytes made progress. */
  readonly progressBytes: number
  /** Milliseconds before the second attempt; each further one waits twice as long. */
  readonly firstDelayMs: number
  /** The longest `Retry-After` of the hub that is respected, in milliseconds; a longer one ends the download. */
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
