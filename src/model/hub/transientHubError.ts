/** What goes wrong now may go well a moment later. `message` is the end of a sentence, for the log and for whoever waits. */
export class TransientHubError extends Error {
  constructor(
    message: string,
    /** `connection`: nobody answered, or not to the end. `hub`: it answered that it cannot. */
    readonly kind: 'connection' | 'hub',
    options: ErrorOptions & { readonly retryAfterMs?: number } = {},
  ) {
    super(message, options)
    this.retryAfterMs = options.retryAfterMs
  }

  /** What the hub asks for, where it does. */
  readonly retryAfterMs: number | undefined
}

/** The header `Retry-After`, seconds or a date, in milliseconds from `now` on. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return /^[A-Z]/i.test(header) && !Number.isNaN(date) ? Math.max(0, date - now) : undefined
}
