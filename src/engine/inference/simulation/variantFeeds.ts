// The feeds of the graphs in src/model/graphs/defectGraph.ts for a variant of GPT-2.
// S tokens, C = nEmbd, H = nHead, D = C / H

import type { Gpt2Config } from '../../../model/gpt2/config'
import { VOCABULARY_SIZE } from '../../../model/gpt2/config'
import { assertNever } from '../../../shared/assertNever'
import {
  type Gpt2Variant,
  type MaskVariant,
  SIMULATED_ACTIVATIONS,
} from '../../../shared/contracts/engine/simulation'
import { type Tensor, type Tensors, tensor } from '../../runtime/tensor'
import { headPlaces } from './headPlaces'

/** Finite, because 0 · ∞ is NaN. A row whose scores are all masked attends to all rows equally, as with a large number. */
const MASKED = -1e9

/** All feeds of the blocks except `x` and `start`. */
export function blockFeeds(variant: Gpt2Variant, config: Gpt2Config, S: number): Tensors {
  const { nHead: H, nEmbd: C } = config
  const D = C / H
  const places = headPlaces(variant, { H, C, S })
  return {
    query: tensor.int32(places.query, [H, S, D]),
    key: tensor.int32(places.key, [H, D, S]),
    value: tensor.int32(places.value, [H, S, D]),
    merged: tensor.int32(places.merged, [S, C]),
    scales: tensor.float32(scalesOf(variant, config), [config.nLayer]),
    ...maskFeeds(variant.mask, S),
    softmaxAxis: number(SOFTMAX_AXES[variant.softmaxOver ?? 'keys']),
    qkvBias: float(variant.qkvBias === 'none' ? 0 : 1),
    isProjectionTransposed: bool(variant.attentionProjection === 'transposed'),
    preNorm: bool(variant.norm === undefined),
    outputNorm: bool(variant.norm === 'sub-block-output'),
    postNorm: bool(variant.norm === 'post'),
    mlpReadsInput: bool(variant.mlpInput === 'block-input'),
    attentionResidual: factors(ATTENTION_RESIDUALS, variant.attentionResidual ?? 'input'),
    mlpResidual: factors(MLP_RESIDUALS, variant.mlpResidual ?? 'input'),
    activation: number(SIMULATED_ACTIVATIONS.indexOf(variant.activation ?? config.activation)),
    ...normFeeds(variant, config),
  }
}

/** The feeds of the ends that decide about the embeddings. */
export function positionFeeds(variant: Gpt2Variant, { nPositions }: Gpt2Config, S: number): Tensors {
  const offset = variant.positionOffset ?? 0
  const position = (s: number) =>
    variant.positions === 'first' ? 0 : (((s + offset) % nPositions) + nPositions) % nPositions
  return {
    positions: tensor.int32(
      Int32Array.from({ length: S }, (_, s) => position(s)),
      [S],
    ),
    positionFactor: float(variant.positions === 'none' ? 0 : 1),
  }
}

/** The feeds of the ends that decide about `ln_f` and the head. */
export function headFeeds(variant: Gpt2Variant, config: Gpt2Config): Tensors {
  return {
    finalNorms: number(variant.finalNorms ?? 1),
    isHeadView: bool(variant.head === 'view'),
    viewShape: tensor.int32(Int32Array.of(config.nEmbd, VOCABULARY_SIZE), [2]),
    ...normFeeds(variant, config),
  }
}

const SOFTMAX_AXES = { keys: 2, queries: 1, heads: 0 } as const

/** Factors of the input and of the normalized input. */
const ATTENTION_RESIDUALS = { input: [1, 0], normalized: [0, 1], nothing: [0, 0] } as const

/** Factors of the input, of the normalized input, and of the block's input. */
const MLP_RESIDUALS = {
  input: [1, 0, 0],
  normalized: [0, 1, 0],
  'block-input': [0, 0, 1],
  nothing: [0, 0, 0],
} as const

function normFeeds(variant: Gpt2Variant, { nEmbd: C, layerNormEpsilon }: Gpt2Config): Tensors {
  const epsilon = variant.epsilon ?? layerNormEpsilon
  const isOutside = variant.epsilonAddedTo === 'deviation'
  return {
    varianceFactor: float(variant.variance === 'unbiased' ? C / (C - 1) : 1),
    epsilon: float(isOutside ? 0 : epsilon),
    deviationEpsilon: float(isOutside ? epsilon : 0),
  }
}

/** The factor of q · k in every layer. */
function scalesOf(variant: Gpt2Variant, config: Gpt2Config): Float32Array {
  const { nLayer, nHead, nEmbd, scaleAttnByInverseLayerIdx } = config
  const scale = variant.attentionScale ?? 1 / Math.sqrt(nEmbd / nHead)
  const isByLayer = scaleAttnByInverseLayerIdx && variant.layerScale === undefined
  return Float32Array.from({ length: nLayer }, (_, i) => scale / (isByLayer ? i + 1 : 1))
}

function maskFeeds(mask: MaskVariant | undefined, S: number): Tensors {
  const attends = attention(mask)
  const zeroes = mask === 'zero-scores' || mask === 'after-softmax'
  const square = (value: (isAttended: boolean) => number) =>
    tensor.float32(
      Float32Array.from({ length: S * S }, (_, place) => value(attends(Math.floor(place / S), place % S))),
      [S, S],
    )
  const ones = square(() => 1)
  const kept = (isUsed: boolean) => (isUsed ? square((isAttended) => (isAttended ? 1 : 0)) : ones)
  return {
    scoreFactor: kept(mask === 'zero-scores'),
    mask: square((isAttended) => (isAttended || zeroes ? 0 : MASKED)),
    weightFactor: kept(mask === 'after-softmax'),
  }
}

/** Whether row s attends to row t. */
function attention(mask: MaskVariant | undefined): (s: number, t: number) => boolean {
  switch (mask) {
    case undefined:
    case 'zero-scores':
    case 'after-softmax':
      return (s, t) => t <= s
    case 'none':
      return () => true
    case 'inverted':
      return (s, t) => t >= s
    case 'inverted-strict':
      return (s, t) => t > s
    case 'sees-next':
      return (s, t) => t <= s + 1
    case 'not-itself':
      return (s, t) => t < s
    default:
      return assertNever(mask)
  }
}

function factors<Name extends string>(table: Record<Name, readonly number[]>, name: Name): Tensor {
  return tensor.float32(Float32Array.from(table[name]), [table[name].length])
}

function float(value: number): Tensor {
  return tensor.float32(Float32Array.of(value), [1])
}

function number(value: number): Tensor {
  return tensor.int32(Int32Array.of(value), [1])
}

function bool(value: boolean): Tensor {
  return tensor.bools([value])
}
