/**
 * A temporary failure, after which a retry may succeed. `message` is the end of a sentence, for the log and for the
 * user.
 */
export class TransientHubError extends Error {
  /** The delay that the hub asks for, if it does. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    /** `connection`: no response, or an incomplete one. `hub`: the hub responded that it cannot deliver the file. */
    readonly kind: 'connection' | 'hub',
    options: ErrorOptions & { readonly retryAfterMs?: number } = {},
  ) {
    super(message, options)
    this.retryAfterMs = options.retryAfterMs
  }
}

/** The header `Retry-After`, seconds or a date, in milliseconds after `now` (milliseconds since 1970). */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return /^[A-Z]/i.test(header) && !Number.isNaN(date) ? Math.max(0, date - now) : undefined
}
