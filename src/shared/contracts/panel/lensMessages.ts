// The messages about the logit lens between the extension host and the panel.

import type { ComparisonSide } from './comparison'
import type { Remedy } from './remedies'

// ───────────── host → panel

/** Adds rows of the logit lens of consecutive positions. */
export interface LensRowsMessage {
  readonly type: 'lensRows'
  readonly inspectionId: string
  readonly side: ComparisonSide
  /** Index of the section. */
  readonly section: number
  readonly position: number
  /** The rows in the form of `encodeLensRows`; the first one predicts the token at `position`. */
  readonly rows: Uint8Array
}

/** Ends the answer to RequestLensMessage: all rows were sent, or computing them failed. */
export interface LensEndedMessage {
  readonly type: 'lensEnded'
  readonly inspectionId: string
  /** The number of the request. */
  readonly request: number
  readonly failure: { readonly message: string; readonly remedies: readonly Remedy[] } | null
}

export type LensHostMessage = LensRowsMessage | LensEndedMessage

// ───────────── panel → host

/**
 * Requests the logit lens of the positions [from, end) of a section; the section's number of tokens is the position of the
 * `next` row. Replaces the request before it, whose work is cancelled.
 */
export interface RequestLensMessage {
  readonly type: 'requestLens'
  readonly inspectionId: string
  /** Counts the page's requests; the answer has it too. */
  readonly request: number
  /** Positions are those of the shown side, whichever side is requested. */
  readonly side: ComparisonSide
  /** Index of the section. */
  readonly section: number
  readonly from: number
  readonly end: number
}

/** Cancels the work on the lens. */
export interface CancelLensMessage {
  readonly type: 'cancelLens'
}

export type LensPanelMessage = RequestLensMessage | CancelLensMessage
