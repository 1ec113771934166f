// S = 1 position, P cached positions, Z rows of padding, T = P + S + Z, C = nEmbd, H = nHead, D = C / H

import type { Value } from '../../onnx/graphBuilder'
import type { Gpt2GraphBuilder } from './gpt2GraphBuilder'

export interface AttributionFeeds {
  /** [] True in runs of one position that output the parts of a logit. */
  readonly attributed: Value
  /** [C, 1] The direction in the residual stream that is attributed; empty, [0, 1], in other runs. */
  readonly direction: Value
}

/**
 * The feeds `attributed` and `direction`. In int8 there are none: the sum over heads is not the layer's output there,
 * because its input is rounded to bytes as a whole.
 */
export function attributionFeeds(g: Gpt2GraphBuilder): AttributionFeeds | undefined {
  if (g.checkpoint.precision === 'int8') return undefined
  return {
    attributed: g.input('attributed', 'bool', []),
    direction: g.input('direction', 'float32', ['D', 1]),
  }
}

interface BlockValues extends AttributionFeeds {
  /** [S, C] The output of the attention, and of the MLP. */
  readonly attended: Value
  readonly mlp: Value
  /** [H, S, T] */
  readonly weights: Value
  /** [H, T, D] */
  readonly v: Value
}

/**
 * Outputs of block i, empty unless `attributed` is true: `added.{i}` [2, C], what attention and MLP add to the residual
 * stream; `sources.{i}` [H, T], what each head adds along `direction` from each source position, without the bias of the
 * values; and `attentionBias.{i}` [1, 1], what the biases of values and output add, meaningless in a model without biases.
 * They are under a condition, because the attention weights of a large step would take half a gigabyte.
 */
export function outputAttribution(g: Gpt2GraphBuilder, i: number, values: BlockValues): void {
  const { attributed, direction, attended, mlp } = values
  // Outside of the branch, where ONNX Runtime folds them: a folded constant inside makes a prepacked graph invalid.
  const biases = attentionBiases(g, i)
  const { added, sources, bias } = g.either(
    attributed,
    () => ({ added: g.concat(0, attended, mlp), ...sourcesAndBias(g, i, { ...values, biases }) }),
    () => ({ added: direction, sources: direction, bias: direction }),
  )
  const { nEmbd } = g.checkpoint.config
  g.output(`added.${i}`, added, 'float32', ['added', nEmbd])
  g.output(`sources.${i}`, sources, 'float32', ['heads', 'T'])
  g.output(`attentionBias.${i}`, bias, 'float32', ['bias', 1])
}

interface AttentionBiases {
  /** [H, 1, D] b_V */
  readonly values: Value
  /** [1, C] b_V again */
  readonly valueRow: Value
  /** [1, C] b_O */
  readonly output: Value
}

/** Undefined for models without biases. */
function attentionBiases(g: Gpt2GraphBuilder, i: number): AttentionBiases | undefined {
  const { nEmbd: C, nHead: H } = g.checkpoint.config
  if (!g.checkpoint.hasBiases) return undefined
  const split = {
    type: 'Split',
    inputs: [g.weight(`h.${i}.attn.c_attn.bias`), g.ints([C, C, C])],
    attributes: { axis: 0 },
  }
  const { ofValues } = g.ops(split, 'ofQueries', 'ofKeys', 'ofValues')
  return {
    values: g.reshape(ofValues, [H, 1, C / H]),
    valueRow: g.reshape(ofValues, [1, C]),
    output: g.reshape(g.weight(`h.${i}.attn.c_proj.bias`), [1, C]),
  }
}

/** Head h adds Σ_j a_j (v_j − b_V) W_O^h along the direction; the rest is b_O + Σ_h b_V W_O^h, because Σ_j a_j = 1. */
function sourcesAndBias(
  g: Gpt2GraphBuilder,
  i: number,
  { direction, weights, v, biases }: BlockValues & { readonly biases: AttentionBiases | undefined },
): { sources: Value; bias: Value } {
  const { nEmbd: C, nHead: H } = g.checkpoint.config
  // W_O · direction, [C, 1]
  const output = g.op('Gemm', [g.weight(`h.${i}.attn.c_proj.weight`), direction], {
    transA: g.checkpoint.layout === 'Linear' ? 1 : 0,
  })
  const unbiased = biases === undefined ? v : g.sub(v, biases.values)
  const values = g.matMul(unbiased, g.reshape(output, [H, C / H, 1])) // [H, T, 1]
  const sources = g.mul(g.reshape(weights, [H, -1]), g.op('Squeeze', [values, g.ints([-1])]))
  const bias =
    biases === undefined
      ? direction
      : g.add(g.op('Gemm', [biases.valueRow, output]), g.op('Gemm', [biases.output, direction]))
  return { sources, bias }
}
