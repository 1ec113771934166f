// An inspection: the text that was inspected, its predictions, and what it is compared with.

import type { List } from '../../list'
import type { InspectionComparison } from './comparison'
import type { Distribution, ModelInfo, TextRange, Token, TokenPrediction } from '../engine/prediction'
import type { Remedy } from '../../remedies'
import type { SamplingSettings } from '../engine/samplingSettings'

/** The context of a selection: the document's text before it, or none. */
export type ContextMode = 'document' | 'selection'

/** One inspected range of a document. */
export interface Section {
  /** UTF-16 offsets in the document at the time of the inspection. */
  readonly range: TextRange
  /** First and last line of the range, counted from 1. */
  readonly lines: { readonly first: number; readonly last: number }
  /** Number of tokens that the model saw before the first one, without the start token. */
  readonly contextTokens: number
  /** The end of the text before the first token, at most 48 UTF-16 units, for the panel. */
  readonly contextExcerpt: string
  /** Number of surrogates without their other half; each is read as U+FFFD. */
  readonly loneSurrogates: number
  /** All tokens of the section, available before any is scored. */
  readonly tokens: readonly Token[]
  /** Number of windows that the section's tokens are scored in. */
  readonly windows: number
  /** Grows while the inspection runs; prediction i belongs to token i. */
  readonly predictions: List<TokenPrediction>
  /** The distribution after the last token; null until it is known, and if there is no token to predict from. */
  readonly next: Distribution | null
}

/** The state of an inspection. */
export type InspectionState =
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly seconds: number }
  | { readonly kind: 'cancelled' }
  /** The window was reloaded while the inspection was running. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed'; readonly message: string; readonly remedies: readonly Remedy[] }

/** Everything that the panel shows about one run: plain data, saved as JSON across reloads. */
export interface Inspection {
  readonly id: string
  readonly documentUri: string
  readonly documentName: string
  readonly model: ModelInfo
  readonly startToken: boolean
  readonly context: ContextMode
  readonly topK: number
  readonly sections: readonly Section[]
  readonly state: InspectionState
  /** Absent until the inspection is compared. */
  readonly comparison?: InspectionComparison | undefined
  /** Present for a completion: each section is a candidate, and its ranges are relative to the candidate's start. */
  readonly generation?: Generation
}

/** How the candidates of a completion were generated. */
export interface Generation {
  readonly sampling: SamplingSettings
  /** Has no effect at temperature 0. */
  readonly seed: number
  /** The UTF-8 bytes already typed; the first tokens of every candidate cover them. */
  readonly typed: readonly number[]
  /** One for each section. */
  readonly candidates: readonly GenerationCandidate[]
}

export interface GenerationCandidate {
  /** Probability of the whole candidate given the typed bytes, 0 to 1. */
  readonly probability: number
  /** Number of its first tokens that cover the typed bytes. */
  readonly typedTokens: number
}
