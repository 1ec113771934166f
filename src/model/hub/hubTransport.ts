import type { HubLimits } from './hubLimits'

export interface HubRequest {
  readonly url: URL
  /** Goes to the address's own origin only. */
  readonly token: string | undefined
  /** Where the rest of a file begins whose first bytes are here, and the strong validator of these, where there is one. */
  readonly resume: { readonly from: number; readonly etag: string | null } | undefined
  /** Milliseconds until the head of the answer has to be there. */
  readonly answerMs: number
  readonly signal: AbortSignal
}

/** The hub's answer, its body still to be read; whoever gets it has to end it. */
export interface HubResponse {
  readonly status: number
  /** By its name in lower case. */
  header(name: string): string | undefined
  /** Chunk by chunk; the iteration throws TransientHubError and CancelledError. */
  body(limits: HubLimits, signal: AbortSignal): AsyncIterable<Uint8Array>
  end(): void
}

/**
 * Asks for a file and follows where the hub sends one: through Node on the desktop, through `fetch` on the web.
 * Rejects with TransientHubError where nobody answers, HubRefusalError where it leads to an unsafe place, CancelledError.
 */
export type RequestHub = (request: HubRequest) => Promise<HubResponse>
