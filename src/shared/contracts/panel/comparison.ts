// A comparison: the same tokens, predicted by two sides. Δ is always shown − baseline.

import type { List } from '../../list'
import type { Distribution, ModelInfo, Precision, TokenScore } from '../engine/prediction'
import type { Remedy } from '../../remedies'

/** Which of the two: what the panel shows, or what it is compared with. */
export type ComparisonSide = 'shown' | 'baseline'

/** How far two distributions are apart, in nats. */
export interface Divergence {
  /** KL(baseline ‖ shown) */
  readonly kl: number
  /** Jensen–Shannon: symmetric, at most ln 2. */
  readonly jensenShannon: number
}

/** A token that both sides have, with the distributions that predict it. */
export interface ComparedToken extends Divergence {
  /** Index in the shown section. */
  readonly position: number
  /** Index in the baseline's text. */
  readonly baselinePosition: number
  readonly score: TokenScore
  readonly baselineScore: TokenScore
}

/** The distributions after the last token of both sides. */
export interface ComparedNext extends Divergence {
  readonly shown: Distribution
  readonly baseline: Distribution
}

/** The side that an inspection is compared with. */
export type Baseline =
  /** Another model or the same one in another precision, on the same tokens. */
  | {
      readonly kind: 'model'
      /** Registry id, or the absolute path of a folder. */
      readonly id: string
      readonly precision: Precision
    }
  /** The same model on another text. */
  | {
      readonly kind: 'text'
      readonly source: 'saved' | 'document' | 'clipboard'
      /** Of the document; absent for the clipboard. */
      readonly uri?: string
      /** For the header: a file name, or `clipboard`. */
      readonly name: string
    }
  /** The same selection with the text before it, or without. */
  | { readonly kind: 'context' }

export type ComparisonState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'running' }
  | { readonly kind: 'done' }
  | { readonly kind: 'cancelled' }
  /** The window was reloaded while the comparison was running. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed'; readonly message: string; readonly remedies: readonly Remedy[] }

/** Consecutive tokens of the baseline's text that the shown text does not have. */
export interface BaselineOnlyTokens {
  /** Index in the shown section of the token that follows them; the section's number of tokens at its end. */
  readonly position: number
  readonly tokenIds: readonly number[]
}

/** The number of tokens that each side saw before the section's first one, without the start token. */
export interface SidesContext {
  readonly shown: number
  readonly baseline: number
}

/** The comparison of one section. */
export interface ComparedSection {
  /** In order of `position`; tokens that only one side has, and a token that nothing precedes, are not among them. */
  readonly tokens: List<ComparedToken>
  /** Null until it is known, and if the sides end differently. */
  readonly next: ComparedNext | null
  /** Number of tokens that both sides have; null until it is known. */
  readonly shared: number | null
  /** Null until it is known. */
  readonly contextTokens: SidesContext | null
  /** In order of `position`; empty if both sides have the same text. */
  readonly baselineOnly: readonly BaselineOnlyTokens[]
  /** False if the texts differ too much for a diff: then only their common beginning and end are compared. */
  readonly isComplete: boolean
}

/** The comparison of a shown inspection, part of it: saved and exported with it. */
export interface InspectionComparison {
  readonly baseline: Baseline
  /** Whether the command Swap Comparison can make the baseline the shown side. */
  readonly canSwap: boolean
  /** The models of the shown side and of the baseline; null until they are loaded. */
  readonly models: { readonly shown: ModelInfo; readonly baseline: ModelInfo } | null
  readonly state: ComparisonState
  /** One for each section of the inspection. */
  readonly sections: readonly ComparedSection[]
}
