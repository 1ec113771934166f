// The one vocabulary that engine, views, CLI and other extensions speak.
// V = 50257 tokens of the vocabulary; every probability is over all V, never over a cut list.

import type { BackendCheck } from './backendCheck'
import type { Remedy } from './remedies'
import type { SamplingSettings } from './samplingSettings'

/** Half-open range [start, end) of UTF-16 units. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

/** One token of a text: where it stands and whether it shares a character with a neighbour. */
export interface Token {
  readonly tokenId: number
  /** The union of the characters that the token's bytes touch, as UTF-16 offsets into the text. */
  readonly range: TextRange
  /** The token begins or ends inside a character (👋 is two tokens that share one range). */
  readonly partial: boolean
}

/** One of the tokens that the model thought likely. */
export interface Alternative {
  readonly tokenId: number
  /** Raw: what the LM head gave, never divided by a temperature. */
  readonly logit: number
  /** Nats. */
  readonly logProb: number
}

/** One row of the LM head's output, reduced. */
export interface Distribution {
  /** Which row of the `[1, seqLen, 50257]` output this is. */
  readonly logitsRow: number
  /** The tokens of the window that this row belongs to: start token, context and text. */
  readonly seqLen: number
  /** Natural logarithm of Σ exp(logit / temperature) over the vocabulary. */
  readonly logSumExp: number
  /** Bits, over the full vocabulary. */
  readonly entropy: number
  /** The most likely tokens, most likely first; of equal logits the lower id first. */
  readonly top: readonly Alternative[]
}

/** What the model thought of a token, taken from the distribution that the token was drawn from. */
export interface TokenScore extends Distribution {
  /** Raw logit of the token. */
  readonly logit: number
  /** Nats. */
  readonly logProb: number
  /** 1 is the most likely: 1 + the number of strictly greater logits. */
  readonly rank: number
  /** Bits. */
  readonly surprisal: number
}

/** A token of the inspected text with the model's score. */
export interface TokenPrediction extends Token {
  /** From 0; start token and context are not counted. */
  readonly position: number
  /** Null where the token has nothing before it, not even the start token. */
  readonly score: TokenScore | null
}

/** Figures of a whole inspected text; perplexity and bits are null where no token was scored. */
export interface Summary {
  readonly tokens: number
  /** 2 ^ bitsPerToken. */
  readonly perplexity: number | null
  /** Mean surprisal of the scored tokens, in bits. */
  readonly bitsPerToken: number | null
  readonly windows: number
}

/** `fp32` is exact; `int8` rounds the large matrices and what is multiplied with them to eight bits. */
export const PRECISIONS = ['fp32', 'int8'] as const
export type Precision = (typeof PRECISIONS)[number]

/** What the engine computes on. */
export const BACKENDS = ['wasm', 'webgpu'] as const
export type Backend = (typeof BACKENDS)[number]

/** The model that speaks and how it runs. */
export interface ModelInfo {
  /** Registry id, or the folder's name. */
  readonly id: string
  /** A phrase for people, to stand behind the id: what this model is. */
  readonly description: string
  /** Identifies the model's files: equal fingerprints mean equal weights. Not meant for display. */
  readonly fingerprint: string
  /** How its files were read, where they are not as OpenAI's own: `Linear layout, transposed on load`. */
  readonly remarks: readonly string[]
  readonly parameters: number
  readonly precision: Precision
  readonly backend: Backend
  /** The comparison with WASM that this backend passed before it was used; absent on WASM. */
  readonly check?: BackendCheck
  /** Threads of WASM; on WebGPU they run only the few operators that stay on the CPU. */
  readonly threads: number
  readonly nLayer: number
  readonly nHead: number
  readonly nEmbd: number
  readonly nPositions: number
  /** V, the number of tokens that the model has logits for. */
  readonly vocabularySize: number
}

/** What a selection is scored with: the document's text before it, or nothing. */
export type ContextMode = 'document' | 'selection'

/** One inspected range of a document. */
export interface Section {
  /** Offsets in the document as it was when it was inspected. */
  readonly range: TextRange
  /** Lines of the range as people count them, from 1. */
  readonly lines: { readonly first: number; readonly last: number }
  /** Tokens seen before the first one, the start token not counted. */
  readonly contextTokens: number
  /** The text just before the first token, a few dozen characters, for the detail pane. */
  readonly contextExcerpt: string
  /** Halves of surrogate pairs without their other half, each read as U+FFFD. */
  readonly loneSurrogates: number
  /** All tokens of the section; known before the first is scored. */
  readonly tokens: readonly Token[]
  /** How many windows the section's tokens are scored in. */
  readonly windows: number
  /** Grows while the inspection runs: prediction i is that of token i. */
  readonly predictions: readonly TokenPrediction[]
  /** What follows the last token; null until it is known, and where there is nothing to predict from. */
  readonly next: Distribution | null
}

/** How far an inspection has come. */
export type InspectionState =
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly seconds: number }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly message: string; readonly remedies: readonly Remedy[] }

/** How far one precision is from another on the same tokens. */
export interface PrecisionCost {
  /** Tokens that both have scored. */
  readonly tokens: number
  /** |Δ log-prob| of the text's tokens, in nats. */
  readonly mean: number
  readonly max: number
  /** Where both expect the same token most, 0 to 1. */
  readonly sameTop: number
}

/** The measurement of an inspection's precision, as far as it has come. */
export type PrecisionCostState =
  | { readonly kind: 'running'; readonly done: number; readonly total: number }
  | { readonly kind: 'done'; readonly cost: PrecisionCost }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly message: string }

/** All that the panel shows of one run; plain data, kept as JSON across reloads. */
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
  /** Where it was asked for. */
  readonly precisionCost?: PrecisionCostState
  /** Only where the tokens are a model's own: each section is then a candidate, and its ranges count from its beginning. */
  readonly generation?: Generation
}

/** How the candidates of a completion were drawn. */
export interface Generation {
  readonly sampling: SamplingSettings
  /** Of no effect at temperature 0. */
  readonly seed: number
  /** The UTF-8 bytes that were typed already: every candidate's first tokens cover them. */
  readonly typed: readonly number[]
  /** By section. */
  readonly candidates: readonly GenerationCandidate[]
}

export interface GenerationCandidate {
  /** 0 to 1: of the candidate as a whole, given what was typed. */
  readonly probability: number
  /** How many of its first tokens cover what was typed. */
  readonly typedTokens: number
}

/** The model that is in the package, so that the first inspection works at once and offline. */
export const DEFAULT_MODEL_ID = 'mini'

/** `<|endoftext|>`: GPT-2 has no BOS, so this stands for one. */
export const START_TOKEN_ID = 50256
export const MAX_TOP_K = 100
export const DEFAULT_TOP_K = 10
export const MAX_TEMPERATURE = 100
