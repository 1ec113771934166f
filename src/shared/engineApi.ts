// What the engine worker can do. S = tokens of one window (start token included), C = nEmbd, V = 50257.

import type { ModelInfo } from './prediction'
import type { CallOptions } from './rpc'
import type { TokenizedText } from './tokenizedText'

/** Where a model lies on this machine. */
export interface ModelLocation {
  /** Registry id, or the folder's name. */
  readonly id: string
  /** The folder of `config.json` and `model.safetensors`. */
  readonly folder: string
  readonly description: string
}

/** Judges tokens by the rows that they were drawn from. */
export interface ScoreRequest {
  /** [S] The window's input, from its first token on; at most nPositions. */
  readonly tokenIds: Int32Array
  /** The first row that is asked for; all rows from there on are. */
  readonly firstRow: number
  /** [S − firstRow] The token that row `firstRow + i` judges, or NO_TARGET. */
  readonly targets: Int32Array
  /** 1 to 100. */
  readonly topK: number
  /** At least 1e-30; logits are divided by it before log-sum-exp and entropy. */
  readonly temperature: number
}

/** In `targets`: the row judges nothing, it is only looked at. */
export const NO_TARGET = -1

/** Rows in order, in columns of R rows. */
export interface ScoredRows {
  readonly firstRow: number
  /** [R] Nats, at the request's temperature. */
  readonly logSumExp: Float64Array
  /** [R] Nats, at the request's temperature. */
  readonly entropy: Float32Array
  /** [R] Raw; of no meaning where the row has no target. */
  readonly targetLogit: Float32Array
  /** [R] 1 = most likely; of no meaning where the row has no target. */
  readonly targetRank: Int32Array
  /** [R · topK] */
  readonly topIds: Int32Array
  /** [R · topK] Raw. */
  readonly topLogits: Float32Array
}

/** How a `score` comes along: first through what stands before, then row by row. */
export type ScoreProgress =
  | { readonly kind: 'reading'; readonly position: number; readonly firstRow: number }
  | { readonly kind: 'rows'; readonly rows: ScoredRows }

export interface ScoreSummary {
  /** Positions that the transformer ran for; the rest were kept from before. */
  readonly computedPositions: number
}

/** What crosses for each method: structured-cloneable data only. */
export interface EngineMethods {
  /** Every token's bytes, one after the other, and where each begins, [V + 1]. */
  vocabulary: {
    request: undefined
    progress: never
    result: { readonly bytes: Uint8Array; readonly offsets: Uint32Array }
  }
  /** Text → tokens with their UTF-16 ranges. */
  tokenize: { request: { readonly text: string }; progress: never; result: TokenizedText }
  /** Loads the model once; later calls answer from what is loaded. */
  model: { request: undefined; progress: never; result: ModelInfo }
  /** Judges a window's tokens; streams rows in order. */
  score: { request: ScoreRequest; progress: ScoreProgress; result: ScoreSummary }
  /** Raw logits [50257] of the row after the last of `tokenIds`. */
  logits: { request: { readonly tokenIds: Int32Array }; progress: never; result: Float32Array }
}

/** The same methods as a caller sees them: cancellable, with progress. */
export type EngineApi = {
  readonly [M in keyof EngineMethods]: (
    request: EngineMethods[M]['request'],
    options?: CallOptions<EngineMethods[M]['progress']>,
  ) => Promise<EngineMethods[M]['result']>
}
