// GPT-2 in float64 with plain loops, from the papers' equations; it shares nothing with the product.
// Radford et al. 2019; attention: Vaswani et al. 2017, eq. 1; GELU: Hendrycks and Gimpel 2016, its tanh form.

import { type Tensors, tensorOf } from '../checkpoints/checkpointTiny'

export interface ForwardPassShape {
  readonly layers: number
  readonly heads: number
  readonly layerNormEpsilon: number
  /** Scores of layer l, from 1, are divided by l once more. */
  readonly scaleByLayer: boolean
  /** The tensor that turns the stream into logits. */
  readonly head: 'wte.weight' | 'lm_head.weight'
}

/** Logits of every position. */
export function forwardPass(
  tensors: Tensors,
  shape: ForwardPassShape,
  tokenIds: readonly number[],
): number[][] {
  const { layers, heads, layerNormEpsilon, scaleByLayer } = shape
  const row = (name: string, index: number) => {
    const { values, shape } = tensorOf(tensors, name)
    return [...values.subarray(index * shape[1], (index + 1) * shape[1])]
  }
  const linear = (name: string, x: readonly number[]) =>
    [...tensorOf(tensors, `${name}.bias`).values].map((bias, out) => {
      const { values, shape } = tensorOf(tensors, `${name}.weight`)
      return x.reduce((sum, value, i) => sum + value * values[i * shape[1] + out], bias)
    })
  const layerNorm = (name: string, x: readonly number[]) => {
    const mean = sum(x) / x.length
    const variance = sum(x.map((value) => (value - mean) ** 2)) / x.length
    const gain = tensorOf(tensors, `${name}.weight`).values
    const bias = tensorOf(tensors, `${name}.bias`).values
    return x.map((value, i) => ((value - mean) / Math.sqrt(variance + layerNormEpsilon)) * gain[i] + bias[i])
  }

  let stream = tokenIds.map((id, position) => plus(row('wte.weight', id), row('wpe.weight', position)))
  for (let l = 0; l < layers; l++) {
    const width = stream[0].length
    const scale = Math.sqrt(width / heads) * (scaleByLayer ? l + 1 : 1)
    const qkv = stream.map((x) => linear(`h.${l}.attn.c_attn`, layerNorm(`h.${l}.ln_1`, x)))
    stream = stream.map((x, position) =>
      plus(x, linear(`h.${l}.attn.c_proj`, attend(qkv.slice(0, position + 1), width, heads, scale))),
    )
    stream = stream.map((x) =>
      plus(x, linear(`h.${l}.mlp.c_proj`, linear(`h.${l}.mlp.c_fc`, layerNorm(`h.${l}.ln_2`, x)).map(gelu))),
    )
  }
  const rows = tensorOf(tensors, shape.head).shape[0]
  return stream.map((x) => {
    const normed = layerNorm('ln_f', x)
    return Array.from({ length: rows }, (_, id) => dot(normed, row(shape.head, id)))
  })
}

/** What the last position takes from all positions up to itself, head by head. */
function attend(qkv: readonly number[][], width: number, heads: number, scale: number): number[] {
  const size = width / heads
  return Array.from({ length: heads }, (_, head) => {
    const part = (which: number, x: readonly number[]) =>
      x.slice(which * width + head * size, which * width + (head + 1) * size)
    const query = part(0, qkv[qkv.length - 1])
    const weights = softmax(qkv.map((x) => dot(query, part(1, x)) / scale))
    return weights.reduce<number[]>(
      (mixed, weight, i) =>
        plus(
          mixed,
          part(2, qkv[i]).map((value) => weight * value),
        ),
      new Array<number>(size).fill(0),
    )
  }).flat()
}

function softmax(scores: readonly number[]): number[] {
  const exponentials = scores.map((score) => Math.exp(score - Math.max(...scores)))
  return exponentials.map((value) => value / sum(exponentials))
}

function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0)
}

function plus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + b[i])
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
