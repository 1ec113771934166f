// One position after P cached ones, T = P + 1, C = nEmbd, H = nHead, D = C / H, L = nLayer

import type { Value } from '../../onnx/graphBuilder'
import { attentionScale, type Gpt2GraphBuilder, type PastRows } from './gpt2GraphBuilder'

export interface AttributionFeeds {
  /** [] True in runs of one position that output the parts of a logit. */
  readonly attributed: Value
  /** [C, 1] The direction in the residual stream that is attributed; empty, [0, 1], in other runs. */
  readonly direction: Value
  /** By layer; undefined in models without biases. */
  readonly biases: readonly AttentionBiases[] | undefined
}

interface AttentionBiases {
  /** [3C, 1] Of `c_attn`. */
  readonly attn: Value
  /** [C, 1] Of `c_proj`, b_O. */
  readonly proj: Value
  /** [C, 1] Of the values, b_V. */
  readonly values: Value
  /** [H, 1, D] The same by head. */
  readonly valuesByHead: Value
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
    // Not inside of a branch, because a constant that ONNX Runtime folds there makes a prepacked graph invalid.
    biases: g.checkpoint.hasBiases
      ? Array.from({ length: g.checkpoint.config.nLayer }, (_, i) => attentionBiases(g, i))
      : undefined,
  }
}

function attentionBiases(g: Gpt2GraphBuilder, i: number): AttentionBiases {
  const { nEmbd: C, nHead: H } = g.checkpoint.config
  const attn = g.weight(`h.${i}.attn.c_attn.bias`)
  const split = { type: 'Split', inputs: [attn, g.ints([C, C, C])], attributes: { axis: 0 } }
  const { values } = g.ops(split, 'queries', 'keys', 'values')
  return {
    attn: g.reshape(attn, [-1, 1]),
    proj: g.reshape(g.weight(`h.${i}.attn.c_proj.bias`), [-1, 1]),
    values: g.reshape(values, [-1, 1]),
    valuesByHead: g.reshape(values, [H, 1, C / H]),
  }
}

/** Where a block starts. */
export interface BlockStart {
  /** [S, C] The residual stream. */
  readonly x: Value
  readonly past: PastRows
}

/**
 * Outputs, empty unless `attributed` is true: `attended` [L, C], the output of the attention of each block; `sources`
 * [L · H, T], what each head adds along `direction` from each source position, without the bias of the values; and
 * `attentionBias` [L, 1], what the biases of values and output add along it, which is meaningless in a model without
 * biases. One condition for all, because each takes a tenth of a millisecond in every run.
 */
export function outputAttribution(
  g: Gpt2GraphBuilder,
  blocks: readonly BlockStart[],
  { attributed, direction, biases }: AttributionFeeds,
): void {
  const outputs = g.either(
    attributed,
    () => {
      const parts = blocks.map((start, i) =>
        attentionParts(g, i, { ...start, direction, biases: biases?.[i] }),
      )
      return {
        attended: g.concat(0, ...parts.map(({ attended }) => attended)),
        sources: g.concat(0, ...parts.map(({ sources }) => sources)),
        attentionBias: g.concat(0, ...parts.map(({ bias }) => bias)),
      }
    },
    () => ({ attended: direction, sources: direction, attentionBias: direction }),
  )
  g.output('attended', outputs.attended, 'float32', ['L', g.checkpoint.config.nEmbd])
  g.output('sources', outputs.sources, 'float32', ['heads', 'sources'])
  g.output('attentionBias', outputs.attentionBias, 'float32', ['L', 1])
}

interface AttentionFeeds extends BlockStart {
  readonly direction: Value
  readonly biases: AttentionBiases | undefined
}

/**
 * The attention of block i, computed again from the residual stream, so that ordinary runs keep nothing for it: the
 * attention weights of a large step are half a gigabyte. Every product has the weight as its first factor, because the
 * runtime arranges the second one in memory, a copy for every product.
 *
 * Head h adds Σ_j a_j (v_j − b_V) W_O^h along the direction; the rest is b_O + Σ_h b_V W_O^h, because Σ_j a_j = 1.
 */
function attentionParts(
  g: Gpt2GraphBuilder,
  i: number,
  { x, past, direction, biases }: AttentionFeeds,
): { attended: Value; sources: Value; bias: Value } {
  const { nEmbd: C, nHead: H } = g.checkpoint.config
  const D = C / H
  const column = g.reshape(g.layerNorm(`h.${i}.ln_1`, x), [-1, 1])
  const qkv = linearColumn(g, `h.${i}.attn.c_attn`, column, biases?.attn)
  const split = { type: 'Split', inputs: [qkv, g.ints([C, C, C])], attributes: { axis: 0 } }
  const { query, key, value } = g.ops(split, 'query', 'key', 'value')
  const keys = g.concat(0, past.key, g.reshape(key, [1, -1]))
  const values = g.concat(0, past.value, g.reshape(value, [1, -1]))

  const q = g.mul(g.reshape(query, [H, 1, D]), g.float(attentionScale(g.checkpoint.config, i)))
  const k = g.transpose(g.reshape(keys, [-1, H, D]), [1, 2, 0]) // [H, D, T]
  const v = g.transpose(g.reshape(values, [-1, H, D]), [1, 0, 2]) // [H, T, D]
  const weights = g.softmax(g.matMul(q, k)) // [H, 1, T]
  const mixed = g.reshape(g.matMul(weights, v), [-1, 1])
  const attended = linearColumn(g, `h.${i}.attn.c_proj`, mixed, biases?.proj)

  const isLinear = g.checkpoint.layout === 'Linear'
  // W_O · direction, [C, 1]
  const output = g.op('Gemm', [g.weight(`h.${i}.attn.c_proj.weight`), direction], {
    transA: isLinear ? 1 : 0,
  })
  const unbiased = biases === undefined ? v : g.sub(v, biases.valuesByHead)
  const ofValues = g.matMul(unbiased, g.reshape(output, [H, D, 1])) // [H, T, 1]
  const sources = g.mul(g.reshape(weights, [H, -1]), g.op('Squeeze', [ofValues, g.ints([-1])]))
  const ofBias = (bias: Value, along: Value) => g.op('Gemm', [bias, along], { transA: 1 })
  const bias =
    biases === undefined ? direction : g.add(ofBias(biases.values, output), ofBias(biases.proj, direction))
  return { attended: g.reshape(attended, [1, -1]), sources, bias }
}

/** weightᵀ · x [in, 1] + bias [out, 1] → [out, 1]; the weight is [in, out], in Linear layout [out, in]. */
function linearColumn(g: Gpt2GraphBuilder, name: string, x: Value, bias: Value | undefined): Value {
  const inputs = [g.weight(`${name}.weight`), x, ...(bias === undefined ? [] : [bias])]
  return g.op('Gemm', inputs, { transA: g.checkpoint.layout === 'Linear' ? 0 : 1 })
}
