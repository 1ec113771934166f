import { ModelConfigError } from '../../shared/errors'
import { formatCount } from '../../shared/text/format'
import { quotedValue } from '../../shared/text/quoted'

/** V, the number of tokens of GPT-2's tokenizer. */
export const VOCABULARY_SIZE = 50257

/** The activation function between the MLP's two layers, by its name in GPT-2 configurations. */
const ACTIVATIONS = ['gelu_new', 'gelu', 'relu'] as const
export type Activation = (typeof ACTIVATIONS)[number]

/** The fields of a Hugging Face `config.json` that determine GPT-2's graph. */
export interface Gpt2Config {
  readonly nLayer: number
  readonly nHead: number
  readonly nEmbd: number
  readonly nPositions: number
  /** Width of the MLP's hidden layer. */
  readonly nInner: number
  /** Rows of `wte`; those after the tokenizer's are padding. */
  readonly vocabSize: number
  readonly activation: Activation
  readonly layerNormEpsilon: number
  /** Whether attention scores are also divided by the layer's number, counted from 1. */
  readonly scaleAttnByInverseLayerIdx: boolean
  /** Whether the LM head is `wte` itself. */
  readonly tied: boolean
}

/** Limits far above gpt2-xl (48 layers, 1,600 dimensions): a larger number is a mistake. */
const MAX_SIZE = 1_000_000
const MAX_LAYERS = 200

/**
 * Reads `config.json`.
 * @throws ModelConfigError that names the field and its valid values
 */
export function parseConfig(json: string): Gpt2Config {
  const config = parseObject(json)

  const size = (field: string, { fallback, min = 1, max = MAX_SIZE }: SizeRule = {}): number => {
    const value = config[field] ?? fallback
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value
    const found = value === undefined ? 'missing' : quotedValue(value)
    throw invalid(`${field} is ${found}; it must be a whole number from ${min} to ${formatCount(max)}`)
  }
  const flag = (field: string, fallback: boolean): boolean => {
    const value = config[field] ?? fallback
    if (typeof value !== 'boolean')
      throw invalid(`${field} is ${quotedValue(value)}; it must be true or false`)
    return value
  }

  if (config.model_type !== undefined && config.model_type !== 'gpt2') {
    throw invalid(`model_type is ${quotedValue(config.model_type)}; only "gpt2" is supported`)
  }
  const activation = ACTIVATIONS.find((known) => known === (config.activation_function ?? 'gelu_new'))
  if (activation === undefined) {
    throw invalid(
      `activation_function is ${quotedValue(config.activation_function)}; supported are ${ACTIVATIONS.join(', ')}`,
    )
  }
  if (!flag('scale_attn_weights', true)) throw invalid('scale_attn_weights is false; only true is supported')
  if (flag('add_cross_attention', false))
    throw invalid('add_cross_attention is true; only false is supported')

  const nLayer = size('n_layer', { max: MAX_LAYERS })
  const nEmbd = size('n_embd')
  const nHead = size('n_head')
  if (nEmbd % nHead !== 0) throw invalid(`n_embd ${nEmbd} is not a multiple of n_head ${nHead}`)
  const vocabSize = size('vocab_size', { fallback: VOCABULARY_SIZE })
  if (vocabSize < VOCABULARY_SIZE) {
    throw invalid(`vocab_size is ${vocabSize}, less than the ${VOCABULARY_SIZE} tokens of GPT-2's tokenizer`)
  }
  const layerNormEpsilon = config.layer_norm_epsilon ?? 1e-5
  if (typeof layerNormEpsilon !== 'number' || !(layerNormEpsilon > 0 && layerNormEpsilon < 1)) {
    throw invalid(`layer_norm_epsilon is ${quotedValue(layerNormEpsilon)}; it must be between 0 and 1`)
  }
  return {
    nLayer,
    nHead,
    nEmbd,
    nPositions: size('n_positions', { fallback: size('n_ctx', { fallback: 1024 }), min: 2 }),
    nInner: size('n_inner', { fallback: 4 * nEmbd }),
    vocabSize,
    activation,
    layerNormEpsilon,
    scaleAttnByInverseLayerIdx: flag('scale_attn_by_inverse_layer_idx', false),
    tied: flag('tie_word_embeddings', true),
  }
}

/** The allowed values of a size; required by default, and from 1 to MAX_SIZE. */
interface SizeRule {
  readonly fallback?: number
  readonly min?: number
  readonly max?: number
}

function parseObject(json: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new ModelConfigError('config.json is not JSON. Download the file again.', { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ModelConfigError('config.json is not an object. Download the file again.')
  }
  return value as Record<string, unknown>
}

function invalid(what: string): ModelConfigError {
  return new ModelConfigError(`config.json cannot be used: ${what}.`)
}
