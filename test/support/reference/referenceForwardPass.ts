// GPT-2 in float64, written from the papers' equations, without any code of the product's graphs.
// Radford et al. 2019; attention: Vaswani et al. 2017, eq. 1; GELU: Hendrycks and Gimpel 2016, its tanh form.

import { elementAt } from '../../../src/shared/elementAt'
import { type Tensors, tensorOf } from '../checkpoints/checkpointTiny'

export interface ForwardPassShape {
  readonly layers: number
  readonly heads: number
  readonly layerNormEpsilon: number
  /** Whether the attention scores of layer l, counted from 1, are also divided by l. */
  readonly scaleByLayer: boolean
  /** The matrix of the LM head. */
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
    const { values, columns } = matrixOf(tensors, name)
    return [...values.subarray(index * columns, (index + 1) * columns)]
  }
  const linear = (name: string, x: readonly number[]) =>
    [...tensorOf(tensors, `${name}.bias`).values].map((bias, out) => {
      const { values, columns } = matrixOf(tensors, `${name}.weight`)
      return x.reduce((sum, value, i) => sum + value * elementAt(values, i * columns + out), bias)
    })
  const layerNorm = (name: string, x: readonly number[]) => {
    const mean = sum(x) / x.length
    const variance = sum(x.map((value) => (value - mean) ** 2)) / x.length
    const gain = tensorOf(tensors, `${name}.weight`).values
    const bias = tensorOf(tensors, `${name}.bias`).values
    const deviation = Math.sqrt(variance + layerNormEpsilon)
    return x.map((value, i) => ((value - mean) / deviation) * elementAt(gain, i) + elementAt(bias, i))
  }

  let stream = tokenIds.map((id, position) => plus(row('wte.weight', id), row('wpe.weight', position)))
  for (let l = 0; l < layers; l++) {
    const width = elementAt(stream, 0).length
    const scale = Math.sqrt(width / heads) * (scaleByLayer ? l + 1 : 1)
    const qkv = stream.map((x) => linear(`h.${l}.attn.c_attn`, layerNorm(`h.${l}.ln_1`, x)))
    stream = stream.map((x, position) =>
      plus(x, linear(`h.${l}.attn.c_proj`, attend(qkv.slice(0, position + 1), { width, heads, scale }))),
    )
    stream = stream.map((x) =>
      plus(x, linear(`h.${l}.mlp.c_proj`, linear(`h.${l}.mlp.c_fc`, layerNorm(`h.${l}.ln_2`, x)).map(gelu))),
    )
  }
  const { rows } = matrixOf(tensors, shape.head)
  return stream.map((x) => {
    const normed = layerNorm('ln_f', x)
    return Array.from({ length: rows }, (_, id) => dot(normed, row(shape.head, id)))
  })
}

interface AttentionShape {
  readonly width: number
  readonly heads: number
  readonly scale: number
}

/** Attention of the last position over all positions up to itself, head by head: qkv [S, 3C] → [C] */
function attend(qkv: readonly number[][], { width, heads, scale }: AttentionShape): number[] {
  const size = width / heads
  return Array.from({ length: heads }, (_, head) => {
    const part = (which: number, x: readonly number[]) =>
      x.slice(which * width + head * size, which * width + (head + 1) * size)
    const query = part(0, qkv.at(-1) ?? [])
    const weights = softmax(qkv.map((x) => dot(query, part(1, x)) / scale))
    return weights.reduce<number[]>(
      (mixed, weight, i) =>
        plus(
          mixed,
          part(2, elementAt(qkv, i)).map((value) => weight * value),
        ),
      new Array<number>(size).fill(0),
    )
  }).flat()
}

function matrixOf(tensors: Tensors, name: string) {
  const { values, shape } = tensorOf(tensors, name)
  const [rows = NaN, columns = NaN] = shape
  return { values, rows, columns }
}

function softmax(scores: readonly number[]): number[] {
  const exponentials = scores.map((score) => Math.exp(score - Math.max(...scores)))
  return exponentials.map((value) => value / sum(exponentials))
}

function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * elementAt(b, i), 0)
}

function plus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + elementAt(b, i))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
