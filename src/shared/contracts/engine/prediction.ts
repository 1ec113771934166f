// The types of predictions, shared by the engine, the views, the CLI and other extensions.
// V = number of tokens of the vocabulary; every probability is over all V tokens, never over a truncated list.

import type { BackendSelfTest } from './backendSelfTest'
import type { List } from '../../list'

/** Half-open range [start, end) of UTF-16 units. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

/** One token of a text and its range. */
export interface Token {
  readonly tokenId: number
  /** The union of the characters that the token's bytes touch, as UTF-16 offsets into the text. */
  readonly range: TextRange
  /** The token begins or ends inside a character (👋 is two tokens that share one range). */
  readonly partial: boolean
}

/** One of the most likely tokens. */
export interface Alternative {
  readonly tokenId: number
  /** Raw: the output of the LM head, never divided by a temperature. */
  readonly logit: number
  /** Nats. */
  readonly logProb: number
}

/** Alternatives, most likely first: an array, or a view of columns that makes the objects when they are read. */
export type Alternatives = List<Alternative>

/** One row of the LM head's output, reduced. */
export interface Distribution {
  /** Index of the row in the output `[1, seqLen, V]`. */
  readonly logitsRow: number
  /** Number of tokens in the row's window: start token, context and text. */
  readonly seqLen: number
  /** Natural logarithm of Σ exp(logit / temperature) over the vocabulary. */
  readonly logSumExp: number
  /** Bits, over the full vocabulary. */
  readonly entropy: number
  /** The most likely tokens, most likely first; of equal logits the lower id first. */
  readonly top: Alternatives
}

/** The score of a token in the distribution that predicts it. */
export interface TokenScore extends Distribution {
  /** Raw logit of the token. */
  readonly logit: number
  /** Nats. */
  readonly logProb: number
  /** 1 is the most likely: 1 + the number of greater logits. */
  readonly rank: number
  /** Bits. */
  readonly surprisal: number
}

/** A token of the inspected text with the model's score. */
export interface TokenPrediction extends Token {
  /** From 0; start token and context are not counted. */
  readonly position: number
  /** Null for a token that nothing precedes, not even the start token. */
  readonly score: TokenScore | null
}

/** The figures of a whole inspected text; perplexity and bits per token are null if no token was scored. */
export interface Summary {
  readonly tokens: number
  /** 2 ^ bitsPerToken. */
  readonly perplexity: number | null
  /** Mean surprisal of the scored tokens, in bits. */
  readonly bitsPerToken: number | null
  readonly windows: number
}

/** `fp32` is exact; `int8` rounds the large weight matrices, and the activations multiplied with them, to 8 bits. */
export const PRECISIONS = ['fp32', 'int8'] as const
export type Precision = (typeof PRECISIONS)[number]

/** The runtimes that the engine computes with: WASM, a GPU through WebGPU, and ONNX Runtime's native library on the CPU. */
export const BACKENDS = ['wasm', 'webgpu', 'native'] as const
export type Backend = (typeof BACKENDS)[number]

/** The model in use and how it runs. */
export interface ModelInfo {
  /** Registry id, or the folder's name. */
  readonly id: string
  /** A phrase that describes the model, displayed after its id. */
  readonly description: string
  /** Identifies the model's files: equal fingerprints mean equal weights. Not meant for display. */
  readonly fingerprint: string
  /** Differences from OpenAI's own files and how they were handled: `Linear layout, transposed on load`. */
  readonly remarks: readonly string[]
  readonly parameters: number
  readonly precision: Precision
  readonly backend: Backend
  /** On WebGPU: present if ONNX Runtime's native library computes, and not the window's browser. */
  readonly gpuProcess?: 'native'
  /** The comparison with WASM that this backend passed before it was used; absent on WASM. */
  readonly selfTest?: BackendSelfTest
  /** Threads on the CPU; on WebGPU they run only the few operators that stay on the CPU. */
  readonly threads: number
  readonly nLayer: number
  readonly nHead: number
  readonly nEmbd: number
  readonly nPositions: number
  /** V, the number of tokens that the model has logits for. */
  readonly vocabularySize: number
}

/** The model included in the package: the first inspection needs no download. */
export const DEFAULT_MODEL_ID = 'mini'

/** `<|endoftext|>`, used as the start token because GPT-2 has no BOS token. */
export const START_TOKEN_ID = 50256
export const MAX_TOP_K = 100
export const DEFAULT_TOP_K = 10
export const MAX_TEMPERATURE = 100
/** float32 cannot divide by less; at this temperature all probability is already on the most likely tokens. */
export const MIN_TEMPERATURE = 1e-30
