// The page asks the extension host with calls over `rpc.ts`. A new question is a method of `PanelCalls`, a guard in
// parsePanelMessage.ts and a handler in answerCalls.ts; the compiler names what is missing.

import type { PanelCallError } from '../../errors'
import type { ComparisonSide } from './comparison'
import type { LensRowsMessage, TokenAddress } from './protocol'
import type { WhyAnswer, WhyPart, WhySubject } from './why'

/** The questions that the page asks the extension host. A newer call of a method cancels the one before it. */
export interface PanelCalls {
  /** The full row of logits, [V] raw, that a position was predicted from. */
  readonly logits: { request: RowAddress; progress: never; result: Float32Array }
  /** Rows of the logit lens. Known rows come first, then each further batch; rows that cannot be computed are omitted. */
  readonly lens: { request: LensQuestion; progress: EncodedLensRows; result: void }
  /** Why a token was predicted: first everything that is known already, then each further part. */
  readonly why: { request: WhyQuestion; progress: WhyUpdate; result: void }
  /** The first token of a text, tokenized as it stands; null if the text is empty or tokenizing failed. */
  readonly firstToken: { request: { readonly text: string }; progress: never; result: number | null }
}

/** A failure as the page shows it: a sentence, and the commands that it offers. */
export type CallFailure = Pick<PanelCallError, 'message' | 'remedies'>

/** A row of an inspection. */
export interface RowAddress extends TokenAddress {
  readonly inspectionId: string
}

/** The positions [from, end) of a section; the section's number of tokens is the position of the `next` row. */
export interface LensQuestion {
  readonly inspectionId: string
  /** Positions are those of the shown side, whichever side is asked about. */
  readonly side: ComparisonSide
  /** Index of the section. */
  readonly section: number
  readonly from: number
  readonly end: number
}

/** Rows of consecutive positions. */
export type EncodedLensRows = Pick<LensRowsMessage, 'position' | 'rows'>

/** Asks about a subject. */
export interface WhyQuestion {
  readonly subject: WhySubject
  /** Rows of the window that no later row attends to, in ascending order; empty for none. */
  readonly knockedOut: readonly number[]
}

export type WhyUpdate =
  { readonly kind: 'answer'; readonly answer: WhyAnswer } | { readonly kind: 'part'; readonly part: WhyPart }
