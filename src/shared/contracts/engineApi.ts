// What the engine worker can do. S = tokens of one window (start token included), C = nEmbd, V = 50257.

import type { Backend, ModelInfo } from './prediction'
import type { CallOptions } from '../rpc'
import type { SamplingSettings } from './samplingSettings'
import type { TokenizedText } from './tokenizedText'

/** What has become of the model: a thread that only tokenizes has loaded none, nor is it about to. */
export type EngineState =
  /** No model is loaded; the next call that needs one loads it. */
  | { readonly kind: 'stopped' }
  /** The model is being loaded. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready'; readonly model: ModelInfo }
  /** The model could not be loaded; the next call that needs it tries again. */
  | { readonly kind: 'failed'; readonly message: string }

/** Where a model lies on this machine. */
export interface ModelLocation {
  /** Registry id, or the folder's name. */
  readonly id: string
  /** The folder of `config.json` and `model.safetensors`. */
  readonly folder: string
  readonly description: string
  /** Of the weights, noted when they were verified; absent of a folder that anyone may change. */
  readonly digest?: string
  /** What to say where there is no such folder: how to get the model. */
  readonly ifMissing?: string
}

/** `interactive` work is waited for by a person at this moment; `bulk` work fills a view. */
export type Priority = 'interactive' | 'bulk'

/** What every request of the model has in common. */
export interface ModelRequest {
  /** What the rest of the same view is computed on: where there is a choice, this is it. */
  readonly backend?: Backend
}

/** Scores tokens by the rows that they were drawn from. */
export interface ScoreRequest extends ModelRequest {
  /** [S] The window's input, from its first token on; at most nPositions. */
  readonly tokenIds: Int32Array
  /** The first row that is asked for; all rows from there on are. */
  readonly firstRow: number
  /** [S − firstRow] The token that row `firstRow + i` scores, or NO_TARGET. */
  readonly targets: Int32Array
  /** 1 to 100. */
  readonly topK: number
  /** At least 1e-30; logits are divided by it before log-sum-exp and entropy. */
  readonly temperature: number
  readonly priority: Priority
}

/** In `targets`: the row scores nothing, it is only looked at. */
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
  /** The backend of the request could not answer, or not to the end: the rows from here on are this model's. */
  | { readonly kind: 'continued'; readonly model: ModelInfo }

export interface ScoreSummary {
  /** Positions that the transformer ran for; the rest were kept from before. */
  readonly computedPositions: number
}

/** Asks how a text goes on whose last tokens are not settled yet. */
export interface GenerateRequest extends ModelRequest {
  /** [S] The input up to the last boundary that no continuation can move, start token included; at least one token. */
  readonly tokenIds: Int32Array
  /** The UTF-8 bytes behind that boundary that are typed already: every candidate begins with them. */
  readonly typed: Uint8Array
  /** The tokens that the tokenizer makes of `typed` alone, the same bytes: one way to go on that is always open. */
  readonly typedTokenIds: Int32Array
  /** 1 to MAX_CANDIDATES; more of them only where they differ. */
  readonly candidates: number
  /** Tokens that each candidate may have, those that cover `typed` included; S + maxTokens is at most nPositions. */
  readonly maxTokens: number
  /**
   * At least 1. A candidate ends right before the newline that ends this many of its lines;
   * newlines before its first visible character behind `typed` are not counted.
   */
  readonly maxLines: number
  /**
   * 0 to 1. A candidate ends before the token that takes its probability under this. The first one to be begun
   * has at least the token that goes beyond `typed`; another one that would have none is left out.
   */
  readonly minProbability: number
  /** Temperature 0 is greedy. */
  readonly sampling: SamplingSettings
  /** A whole number from 0 to 2³² − 1; of no effect where sampling is greedy. */
  readonly seed: number
}

/** One way in which the text may go on. */
export interface GeneratedCandidate {
  /**
   * From the boundary on: the first ones cover what was typed. Where the newline that ends the candidate
   * stands inside a token, the last one reaches beyond `continuation`; otherwise their bytes are
   * those of `typed` and of `continuation`.
   */
  readonly tokenIds: Int32Array
  /** The UTF-8 bytes behind `typed`, at least one, without that newline; the last character may lack its end. */
  readonly continuation: Uint8Array
  /** Nats: the probability of these tokens, given what was typed, at temperature 1. */
  readonly logProb: number
}

export const MAX_CANDIDATES = 10

export interface LogitsRequest extends ModelRequest {
  readonly tokenIds: Int32Array
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
  /** Scores a window's tokens; streams rows in order. */
  score: { request: ScoreRequest; progress: ScoreProgress; result: ScoreSummary }
  /** Candidates, most probable first, no two with the same continuation; none where the text is more likely to end. */
  generate: {
    request: GenerateRequest
    progress: never
    result: { readonly candidates: readonly GeneratedCandidate[] }
  }
  /** Raw logits [50257] of the row after the last of `tokenIds`. */
  logits: { request: LogitsRequest; progress: never; result: Float32Array }
}

/**
 * Every method of the engine, with the part that answers it: `tokenizer` methods need no model and always run on WASM,
 * `model` methods load the model and run on the chosen backend. This is the only list of the methods at run time, and
 * the compiler checks that it is complete.
 */
export const ENGINE_METHODS = {
  vocabulary: 'tokenizer',
  tokenize: 'tokenizer',
  model: 'model',
  score: 'model',
  generate: 'model',
  logits: 'model',
} as const satisfies Record<keyof EngineMethods, 'tokenizer' | 'model'>

/** A method as a caller sees it: cancellable, with progress. */
export type EngineMethod<M extends keyof EngineMethods> = (
  request: EngineMethods[M]['request'],
  options?: CallOptions<EngineMethods[M]['progress']>,
) => Promise<EngineMethods[M]['result']>

export type EngineApi = { readonly [M in keyof EngineMethods]: EngineMethod<M> }
