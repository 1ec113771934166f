// Why a token was predicted: the logit lens and direct logit attribution.
// L = nLayer, H = nHead, K = topK, S = tokens of the window up to the row, start token included

/** The number of tokens that the lens lists at each layer. */
export const LENS_TOP_K = 10

/**
 * One row of the logit lens, as columns over the L + 1 layers: the residual stream after the embeddings, after h.0, …,
 * after h.{L−1}. Each layer's logits are those of `ln_f` and the LM head; the last layer is the model's output.
 */
export interface LensRow {
  /** Index of the row in the window. */
  readonly logitsRow: number
  /** [L + 1] Log-probability of the target in nats; NaN for a row without target. */
  readonly logProb: Float32Array
  /** [L + 1] Rank of the target, 1 = most likely; 0 for a row without target. */
  readonly rank: Int32Array
  /** [L + 1] Bits. */
  readonly entropy: Float32Array
  /** [L + 1] KL(output ‖ layer) in nats; 0 at the output. */
  readonly kl: Float32Array
  /** [(L + 1) · K] Most likely first; of equal logits the lower id first. */
  readonly topIds: Int32Array
  /** [(L + 1) · K] Log-probabilities in nats. */
  readonly topLogProbs: Float32Array
}

/** The reference that an attributed token's logit is contrasted with. */
export type Contrast =
  /** Attributes the difference of two logits, which is the difference of the log-probabilities. */
  | { readonly kind: 'token'; readonly tokenId: number }
  /** Attributes the logit minus the mean logit of the row. */
  | { readonly kind: 'mean' }
  /** Attributes the raw logit. */
  | { readonly kind: 'nothing' }

/**
 * Direct logit attribution of one row: what each component adds to the logit of a token, or to the difference from what it
 * is contrasted with, with `ln_f`'s mean and variance frozen. All parts are logits. wte + wpe + lnF + Σ attention + Σ mlp =
 * total; Σ sources of a layer + its attentionBias = its attention.
 */
export interface Attribution {
  readonly total: number
  readonly wte: number
  readonly wpe: number
  /** The bias of `ln_f`, which belongs to no component. */
  readonly lnF: number
  /** [L] The attention output of each block, with its bias. */
  readonly attention: Float32Array
  /** [L] The part of `attention` that no head contributes: b_O + Σ_h b_V W_O^h. */
  readonly attentionBias: Float32Array
  /** [L · H · S] The contribution of head h of layer l from source row j of the window: at (l · H + h) · S + j. */
  readonly sources: Float32Array
  /** [L] */
  readonly mlp: Float32Array
}

/** The log-probability of a token with only the last `tokens` tokens before it. */
export interface ContextPoint {
  readonly tokens: number
  /** Nats. */
  readonly logProb: number
}
