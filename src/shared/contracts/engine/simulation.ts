// Simulations of implementations of GPT-2 that differ from GPT-2 in known ways.
// S tokens of the input, start token included, R compared rows, C = nEmbd, V = tokens of the vocabulary

import type { CallOptions } from '../../rpc'
import type { ModelInfo } from './prediction'

/** How an implementation differs from GPT-2; an absent field means that it does not. */
export interface Gpt2Variant {
  /**
   * How [S, C] is divided into heads and back. `…-by-view`: by a reshape where a transpose is needed too; `keys-by-view`:
   * the keys become [H, D, S] that way; `…interleaved`: head h has the columns h, h + H, h + 2H, …
   */
  readonly heads?: HeadsVariant
  /**
   * Which columns of `c_attn` are taken for q, k and v. Three letters: the order of the thirds. `per-head`: [H, 3, D];
   * `per-head-dimension`: [H, D, 3].
   */
  readonly qkv?: QkvLayout
  /** The factor of q · k, which is 1 / √D in GPT-2. */
  readonly attentionScale?: number
  /** Leaves out the division by the layer's number, in models that have it. */
  readonly layerScale?: 'none'
  /**
   * The attended rows. `inverted`: the row itself and later ones; `inverted-strict`: later rows; `sees-next`: one row too many;
   * `not-itself`: one too few; `zero-scores`: masked scores become 0 instead of −∞; `after-softmax`: masked weights
   * become 0 and the rest is not normalized again.
   */
  readonly mask?: MaskVariant
  /** The axis over which the attention weights sum to 1, instead of the keys. */
  readonly softmaxOver?: 'queries' | 'heads'
  /** `post`: LN(x + f(x)); `sub-block-output`: x + LN(f(x)). GPT-2 has x + f(LN(x)). */
  readonly norm?: 'post' | 'sub-block-output'
  /** The tensor that the attention's output is added to, instead of its input. */
  readonly attentionResidual?: 'nothing' | 'normalized'
  /** The tensor that the MLP's output is added to, instead of its input. */
  readonly mlpResidual?: 'nothing' | 'normalized' | 'block-input'
  /** The MLP reads the block's input, beside the attention instead of after it. */
  readonly mlpInput?: 'block-input'
  readonly activation?: SimulatedActivation
  /** Added to every position; positions outside the table are counted from its other end. */
  readonly positionOffset?: number
  /** `first`: every row has position 0; `none`: nothing is added to the token's embedding. */
  readonly positions?: 'first' | 'none'
  /** Variance with the divisor C − 1 instead of C. */
  readonly variance?: 'unbiased'
  readonly epsilon?: number
  /** The epsilon is added to the standard deviation instead of the variance. */
  readonly epsilonAddedTo?: 'deviation'
  /** The square `attn.c_proj` of every block is used transposed. */
  readonly attentionProjection?: 'transposed'
  /** How many times `ln_f` is applied. */
  readonly finalNorms?: 0 | 2
  /** `wte` is reshaped to [C, V] where it has to be transposed. */
  readonly head?: 'view'
  /** The biases of q, k and v are left out. */
  readonly qkvBias?: 'none'
}

export type HeadsVariant =
  | 'merged-by-view'
  | 'split-by-view'
  | 'split-and-merged-by-view'
  | 'keys-by-view'
  | 'interleaved'
  | 'split-interleaved'

export type QkvLayout = 'qvk' | 'kqv' | 'kvq' | 'vqk' | 'vkq' | 'per-head' | 'per-head-dimension'

export type MaskVariant =
  'none' | 'inverted' | 'inverted-strict' | 'sees-next' | 'not-itself' | 'zero-scores' | 'after-softmax'

export const SIMULATED_ACTIVATIONS = ['gelu_new', 'gelu', 'relu', 'quick_gelu', 'identity'] as const
export type SimulatedActivation = (typeof SIMULATED_ACTIVATIONS)[number]

/** The model that is simulated, in fp32. */
export interface SimulatedModel extends ModelInfo {
  readonly activation: SimulatedActivation
  readonly layerNormEpsilon: number
  readonly hasBiases: boolean
  /** Attention scores are also divided by the layer's number. */
  readonly scalesByLayer: boolean
  /** The LM head is `wte` itself. */
  readonly isTied: boolean
}

/** Compares rows of a file with those of several variants. */
export interface SimulationRequest {
  /** [S] */
  readonly tokenIds: Int32Array
  /** [R] The rows that are compared. */
  readonly rows: Int32Array
  /** [R · V] Log-probabilities of the file in nats; a value that is not finite is not compared. */
  readonly logProbs: Float32Array
  readonly variants: readonly Gpt2Variant[]
}

/**
 * How far a variant is from the file, in log-probabilities, nats, apart from a constant of each row; infinite if the variant
 * gives no finite numbers.
 */
export interface Fit {
  /** Root of the mean square over the rows and the vocabulary. */
  readonly rms: number
  readonly max: number
  /** The same as `rms` after a vector [V] that all rows share was subtracted, as a bias of the head adds one. */
  readonly rmsWithoutCommon: number
  /** [R] `rms` of each row. */
  readonly rowRms: readonly number[]
}

/** Rows [S, C] of a place in the model. */
export interface HiddenRows {
  /** `h.0.attn`, `h.0.mlp` (outputs, before they are added), `h.0` (the stream after the block), … */
  readonly name: string
  readonly values: Float32Array
}

/** The methods of a thread that simulates GPT-2. Each call is cancellable between two runs of the model. */
export interface SimulationMethods {
  /** Loads the model with the first call. */
  simulatedModel: { request: undefined; progress: never; result: SimulatedModel }
  /** Raw logits [R · V] of GPT-2 itself. */
  referenceLogits: {
    request: { readonly tokenIds: Int32Array; readonly rows: Int32Array }
    progress: never
    result: Float32Array
  }
  /** The fit of every variant, in their order. */
  simulate: {
    request: SimulationRequest
    progress: { readonly index: number; readonly fit: Fit }
    result: readonly Fit[]
  }
  /** The outputs of all sub-blocks and blocks of GPT-2 itself, in order, and the output of `ln_f`. */
  hiddenStates: {
    request: { readonly tokenIds: Int32Array }
    progress: never
    result: { readonly blocks: readonly HiddenRows[]; readonly normalized: Float32Array }
  }
  /**
   * The output of a sub-block for any input [S · C], before it is added. `name` is `h.{i}.attn`, which reads the
   * stream before block i, or `h.{i}.mlp`, which reads the stream after the block's attention.
   */
  subBlock: {
    request: { readonly name: string; readonly input: Float32Array }
    progress: never
    result: Float32Array
  }
}

/** A simulating thread as a caller sees it. */
export type SimulationApi = {
  readonly [M in keyof SimulationMethods]: (
    request: SimulationMethods[M]['request'],
    options?: CallOptions<SimulationMethods[M]['progress']>,
  ) => Promise<SimulationMethods[M]['result']>
}
