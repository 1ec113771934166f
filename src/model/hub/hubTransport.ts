import type { HubLimits } from './hubLimits'

export interface HubRequest {
  readonly url: URL
  /** Sent to the URL's own origin only. */
  readonly token: string | undefined
  /** To resume a file: the number of bytes that exist already, and their strong validator (ETag) if there is one. */
  readonly resume: { readonly from: number; readonly etag: string | null } | undefined
  /** Milliseconds until the headers of the response must have arrived. */
  readonly answerMs: number
  readonly signal: AbortSignal
}

/** A response whose body has not been read yet. The caller must call `end`. */
export interface HubResponse {
  readonly status: number
  /** A header by its lower-case name. */
  header(name: string): string | undefined
  /** The body chunk by chunk; the iteration throws TransientHubError and CancelledError. */
  body(limits: HubLimits, signal: AbortSignal): AsyncIterable<Uint8Array>
  end(): void
}

/**
 * Requests a file and follows redirects: through Node on the desktop, through `fetch` on the web.
 * Rejects with TransientHubError if there is no response, HubRefusalError if a redirect leads to an unsafe address,
 * CancelledError.
 */
export type RequestHub = (request: HubRequest) => Promise<HubResponse>
