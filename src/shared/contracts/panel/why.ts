// The parts of a prediction that the panel's tab Why shows of one token.
// S = rows of the token's window up to the one that predicts it, L = nLayer

import { assertNever } from '../../assertNever'
import type { ComparisonSide } from './comparison'
import type { Contrast, Attribution, ContextPoint } from '../engine/explanation'
import type { ModelInfo } from '../engine/prediction'

/** The token that is explained, and what it is contrasted with. */
export interface WhySubject {
  readonly inspectionId: string
  /** Index of the section. */
  readonly section: number
  /** The row of the panel, as in `TokenAddress`: that of the shown side, whichever side is explained. */
  readonly position: number
  readonly side: ComparisonSide
  /** The token that is explained; it need not be the one that stands there. */
  readonly tokenId: number
  readonly contrast: Contrast
}

/** The tokens that the model saw when it predicted the row. */
export interface WhyWindow {
  /** [S] The tokens of the window, start token included. */
  readonly inputIds: Int32Array
  /** Row j holds the token at `j + rowOffset` of the section; a negative position is one of the context, or the start token. */
  readonly rowOffset: number
}

/** The row's prediction when no later position attends to some tokens. */
export interface Knockout {
  /** Rows of the window, in ascending order. */
  readonly rows: readonly number[]
  /** Log-probabilities in nats, of the token and of the one it is contrasted with. */
  readonly logProbs: readonly number[]
  /** The new most likely token. */
  readonly top: { readonly tokenId: number; readonly logProb: number }
}

/** Everything that is known of a subject so far. The curves are of the token and of the one it is contrasted with. */
export interface WhyAnswer {
  readonly subject: WhySubject
  readonly window: WhyWindow
  /** Null if it is not computed, or not available in the model's precision. */
  readonly attribution: Attribution | null
  /** [L + 1] each: log-probabilities in nats after each layer. */
  readonly layers: readonly Float32Array[] | null
  /** Log-probabilities with only the last tokens before the row. */
  readonly context: readonly (readonly ContextPoint[])[] | null
  /** The last computed one. */
  readonly knockout: Knockout | null
  /** The model that computed all parts, if its backend is not that of the side's predictions. */
  readonly model?: ModelInfo
}

/** A further part of an answer. */
export type WhyPart =
  | { readonly kind: 'attribution'; readonly attribution: Attribution }
  | { readonly kind: 'layers'; readonly layers: readonly Float32Array[] }
  | { readonly kind: 'context'; readonly context: readonly (readonly ContextPoint[])[] }
  | { readonly kind: 'knockout'; readonly knockout: Knockout }

/** The answer with a further part. */
export function withWhyPart(answer: WhyAnswer, part: WhyPart): WhyAnswer {
  switch (part.kind) {
    case 'attribution':
      return { ...answer, attribution: part.attribution }
    case 'layers':
      return { ...answer, layers: part.layers }
    case 'context':
      return { ...answer, context: part.context }
    case 'knockout':
      return { ...answer, knockout: part.knockout }
    default:
      return assertNever(part)
  }
}

export function isSameSubject(a: WhySubject, b: WhySubject): boolean {
  return (
    a.inspectionId === b.inspectionId &&
    a.section === b.section &&
    a.position === b.position &&
    a.side === b.side &&
    a.tokenId === b.tokenId &&
    isSameContrast(a.contrast, b.contrast)
  )
}

function isSameContrast(a: Contrast, b: Contrast): boolean {
  return a.kind === 'token' && b.kind === 'token' ? a.tokenId === b.tokenId : a.kind === b.kind
}
