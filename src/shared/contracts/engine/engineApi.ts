// The engine's methods. S = tokens of one window (start token included), R = rows, V = tokens of the vocabulary.

import type { Contrast, Attribution, LensRow } from './explanation'
import type { Backend, ModelInfo, Precision } from './prediction'
import type { CallOptions } from '../../rpc'
import type { SamplingSettings } from './samplingSettings'
import type { TokenizedText } from './tokenizedText'

/** The state of the model. A thread that has only tokenized is `stopped`. */
export type EngineState =
  /** No model is loaded; the next call that needs one loads it. */
  | { readonly kind: 'stopped' }
  /** The model is being loaded. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready'; readonly model: ModelInfo }
  /** The model could not be loaded; the next call that needs it tries again. */
  | { readonly kind: 'failed'; readonly message: string }

/** A model on this machine. */
export interface ModelLocation {
  /** Registry id, or the folder's name. */
  readonly id: string
  /** The folder of `config.json` and `model.safetensors`. */
  readonly folder: string
  readonly description: string
  /**
   * Who writes the folder's files. `logitscope`: the package and the store, which replace whole files, so the files may
   * be mapped into memory. `user`: anyone, so they are read, because a change of a mapped file changes the weights.
   */
  readonly storage: 'logitscope' | 'user'
  /** Digest of the weights, stored when they were verified; absent for a user's own folder, whose files may change. */
  readonly digest?: string
  /** The error message if the folder does not exist: how to get the model. */
  readonly ifMissing?: string
}

/** `interactive`: the user is waiting for the result. `bulk`: the result fills a view in the background. */
export type Priority = 'interactive' | 'bulk'

/** The common part of the requests of `model` methods. */
export interface ModelRequest {
  /** The backend that computed the rest of the same view. It is used if it is available. */
  readonly backend?: Backend
}

/** A model that another one is compared with. */
export interface BaselineModel {
  readonly location: ModelLocation
  readonly precision: Precision
}

/** The common part of the requests that either side of a comparison answers. */
export interface SideRequest extends ModelRequest {
  /** The model to compare with, which is loaded if it is not. Absent: the engine's own model. */
  readonly baselineModel?: BaselineModel | undefined
}

/** Scores each token by the row of logits that predicts it. */
export interface ScoreRequest extends SideRequest {
  /** [S] All tokens of the window; S is at most nPositions. */
  readonly tokenIds: Int32Array
  /** The first requested row; all rows after it are requested too. */
  readonly firstRow: number
  /** [S − firstRow] The token that row `firstRow + i` scores, or NO_TARGET. */
  readonly targets: Int32Array
  /** 1 to 100. */
  readonly topK: number
  /** At least 1e-30; logits are divided by it before log-sum-exp and entropy. */
  readonly temperature: number
  readonly priority: Priority
  /** Rows of the window that no later row attends to, in any layer. They still attend to themselves. */
  readonly knockedOut?: readonly number[]
}

/** In `targets`: the row has no token to score. */
export const NO_TARGET = -1

/** Scores of R rows in order, as columns. */
export interface ScoredRows {
  readonly firstRow: number
  /** [R] In nats, at the request's temperature. */
  readonly logSumExp: Float64Array
  /** [R] In nats, at the request's temperature. */
  readonly entropy: Float32Array
  /** [R] Raw logit; meaningless for a row without target. */
  readonly targetLogit: Float32Array
  /** [R] 1 = most likely; meaningless for a row without target. */
  readonly targetRank: Int32Array
  /** [R · topK] */
  readonly topIds: Int32Array
  /** [R · topK] Raw logits. */
  readonly topLogits: Float32Array
}

/** The requested backend did not answer or failed: the rows after this, or the one result, come from `model`. */
export interface ContinuedProgress {
  readonly kind: 'continued'
  readonly model: ModelInfo
}

/** The progress of a `score`: `reading` while the positions before the first row run, then `rows` in order. */
export type ScoreProgress =
  | { readonly kind: 'reading'; readonly position: number; readonly firstRow: number }
  | { readonly kind: 'rows'; readonly rows: ScoredRows }
  | ContinuedProgress

export interface ScoreSummary {
  /** Positions that the transformer computed; the rest were cached. */
  readonly computedPositions: number
}

/** Requests continuations of a text whose last tokens may still change. */
export interface GenerateRequest extends ModelRequest {
  /** [S] The tokens up to the last boundary that no continuation can change, start token included; at least one. */
  readonly tokenIds: Int32Array
  /** The UTF-8 bytes of the text after that boundary. Every candidate begins with them. */
  readonly typed: Uint8Array
  /** The tokens of `typed` alone. They have the same bytes as `typed`, so a continuation can always start with them. */
  readonly typedTokenIds: Int32Array
  /** 1 to MAX_CANDIDATES. Fewer are returned if fewer are different. */
  readonly candidates: number
  /** The most tokens of a candidate, including those that cover `typed`; S + maxTokens is at most nPositions. */
  readonly maxTokens: number
  /**
   * At least 1. A candidate ends before the newline that ends this many of its lines. Newlines before its first
   * visible character after `typed` are not counted.
   */
  readonly maxLines: number
  /**
   * 0 to 1. A candidate ends before the token that would make it less probable than this. The candidate with the first
   * opening has at least the token that extends beyond `typed`; any other candidate without such a token is omitted.
   */
  readonly minProbability: number
  /** Temperature 0 is greedy. */
  readonly sampling: SamplingSettings
  /** A whole number from 0 to 2³² − 1. Greedy sampling does not use it. */
  readonly seed: number
}

/** One continuation of the text. */
export interface GeneratedCandidate {
  /**
   * The tokens after the boundary; the first ones cover `typed`. Their bytes are those of `typed` and `continuation`,
   * except that the last token extends beyond `continuation` if the newline that ends the candidate is inside it.
   */
  readonly tokenIds: Int32Array
  /** The UTF-8 bytes after `typed`, at least one, without that newline. The last character may be incomplete. */
  readonly continuation: Uint8Array
  /** In nats: the probability of these tokens given `typed`, at temperature 1. */
  readonly logProb: number
}

export const MAX_CANDIDATES = 10

export interface LogitsRequest extends SideRequest {
  readonly tokenIds: Int32Array
}

/** Requests the logit lens of the rows [firstRow, endRow). */
export interface LensRequest extends SideRequest {
  /** [S] The tokens of the window; S is at least `endRow` and at most nPositions. */
  readonly tokenIds: Int32Array
  readonly firstRow: number
  readonly endRow: number
  /** [endRow − firstRow] The token whose log-probability and rank row `firstRow + i` gives, or NO_TARGET. */
  readonly targets: Int32Array
  /** 1 to 100. */
  readonly topK: number
  readonly priority: Priority
}

/** The progress of a `lens`: the next rows, in order. */
export type LensProgress = { readonly kind: 'rows'; readonly rows: readonly LensRow[] } | ContinuedProgress

/** Requests the direct logit attribution of the last row. */
export interface AttributionRequest extends SideRequest {
  /** [S] */
  readonly tokenIds: Int32Array
  /** The token whose logit is attributed. */
  readonly tokenId: number
  readonly contrast: Contrast
}

/** Compares the distributions of consecutive rows of two windows. */
export interface CompareRequest extends ModelRequest {
  /** [S] Tokens of the window up to the last compared row, start token included. */
  readonly tokenIds: Int32Array
  readonly firstRow: number
  /** [S − firstRow] The token that both sides score in each row, or NO_TARGET. */
  readonly targets: Int32Array
  /** 1 to 100. */
  readonly topK: number
  readonly priority: Priority
  readonly baseline: {
    /** As many rows as the other side has, starting with `firstRow`. */
    readonly tokenIds: Int32Array
    readonly firstRow: number
    /** Absent: the engine's own model. */
    readonly model?: BaselineModel | undefined
  }
}

/** R compared rows in order. */
export interface ComparedRows {
  readonly shown: ScoredRows
  readonly baseline: ScoredRows
  /** [R] KL(baseline ‖ shown) in nats, over the full vocabulary. */
  readonly kl: Float32Array
  /** [R] Nats. */
  readonly jensenShannon: Float32Array
}

/** The progress of a `compare`: the next rows, in order. */
export type CompareProgress =
  | { readonly kind: 'rows'; readonly rows: ComparedRows }
  /** The requested backend did not answer or failed: the rows after this come from these models. */
  | { readonly kind: 'continued'; readonly model: ModelInfo; readonly baseline: ModelInfo }

/** Request, progress and result of each method: structured-cloneable data only. */
export interface EngineMethods {
  /** The concatenated bytes of all tokens, and the offset of each in them, [V + 1]. */
  vocabulary: {
    request: undefined
    progress: never
    result: { readonly bytes: Uint8Array; readonly offsets: Uint32Array }
  }
  /** Text → tokens with their UTF-16 ranges. */
  tokenize: { request: { readonly text: string }; progress: never; result: TokenizedText }
  /** Loads the model with the first call; later calls return the same information. */
  model: { request: undefined; progress: never; result: ModelInfo }
  /** Scores a window's tokens; streams rows in order. */
  score: { request: ScoreRequest; progress: ScoreProgress; result: ScoreSummary }
  /**
   * Candidates with different continuations, most probable first. An opening that ends the text gives no candidate, so
   * the list may be empty.
   */
  generate: {
    request: GenerateRequest
    progress: never
    result: { readonly candidates: readonly GeneratedCandidate[] }
  }
  /** Raw logits [V] of the row of the last token. */
  logits: { request: LogitsRequest; progress: ContinuedProgress; result: Float32Array }
  /**
   * Refuses a model to compare with that cannot be loaded: it is missing or is no GPT-2, or there is not enough memory for it
   * beside the engine's own. Does not read its weights.
   */
  checkBaseline: { request: BaselineModel & ModelRequest; progress: never; result: undefined }
  /** Loads a model to compare with, in place of the one before; for the one that is loaded it only returns its description. */
  loadBaseline: { request: BaselineModel & ModelRequest; progress: never; result: ModelInfo }
  /** Compares rows of two windows or models; streams rows in order. Loads the baseline's model if it is not loaded. */
  compare: { request: CompareRequest; progress: CompareProgress; result: ScoreSummary }
  /** Unloads the model to compare with, if there is one. */
  releaseBaseline: { request: undefined; progress: never; result: undefined }
  /** The logit lens: what every layer predicts, by `ln_f` and the LM head. Streams rows in order. */
  lens: { request: LensRequest; progress: LensProgress; result: ScoreSummary }
  /**
   * Direct logit attribution of the last row.
   * @throws AttributionNeedsFp32Error if the model is loaded in int8, whose parts do not add up exactly
   */
  attribution: { request: AttributionRequest; progress: ContinuedProgress; result: Attribution }
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
  checkBaseline: 'model',
  loadBaseline: 'model',
  compare: 'model',
  releaseBaseline: 'model',
  lens: 'model',
  attribution: 'model',
} as const satisfies Record<keyof EngineMethods, 'tokenizer' | 'model'>

/** A method as a caller sees it: cancellable, with progress. */
export type EngineMethod<M extends keyof EngineMethods> = (
  request: EngineMethods[M]['request'],
  options?: CallOptions<EngineMethods[M]['progress']>,
) => Promise<EngineMethods[M]['result']>

export type EngineApi = { readonly [M in keyof EngineMethods]: EngineMethod<M> }
