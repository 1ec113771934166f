// Finds the channels of the residual stream that are too large for int8, from the weights alone.
// C = nEmbd

import { elementAt } from '../../shared/elementAt'
import type { Gpt2Config } from '../gpt2/config'

/** A channel this many times as large as the median would leave too few int8 steps for the others. */
const OUTLIER_FACTOR = 4
const MAX_OUTLIERS = 16

/** Reads tensors of a checkpoint as float32. */
export interface StreamWeights {
  /** A tensor by its full name. */
  tensor(name: string): Float32Array
  /** The bias [C] of a layer that writes to the stream; undefined if the checkpoint has no biases. */
  bias(layer: string): Float32Array | undefined
  /** The matrix [inputs, C] of a layer that writes to the stream. */
  matrix(layer: string, inputs: number): Float32Array
}

/**
 * For each layer norm (`h.0.ln_1`, …, `ln_f`) the channels of its output that will be much larger than the others,
 * in ascending order.
 *
 * It estimates the variance of each channel of the stream, assuming that all channels of a layer's input are equally
 * large. Trained models are close to that: an outlier of the stream comes from embeddings and layers whose columns are
 * outliers.
 */
export function outlierChannels(
  { nLayer, nEmbd: C, nInner, nPositions }: Gpt2Config,
  weights: StreamWeights,
): Map<string, readonly number[]> {
  const outliers = new Map<string, readonly number[]>()
  const variance = new Float64Array(C)
  const findIn = (norm: string) => {
    outliers.set(norm, outliersOf(variance, weights.tensor(`${norm}.weight`)))
  }
  const addLayer = (name: string, inputs: number) => {
    addSquares(variance, weights.matrix(name, inputs), 1)
    const bias = weights.bias(name)
    if (bias !== undefined) addSquares(variance, bias, 1)
  }

  const wte = weights.tensor('wte.weight')
  addSquares(variance, wte, 1 / (wte.length / C))
  addSquares(variance, weights.tensor('wpe.weight'), 1 / nPositions)
  for (let i = 0; i < nLayer; i++) {
    findIn(`h.${i}.ln_1`)
    addLayer(`h.${i}.attn.c_proj`, C)
    findIn(`h.${i}.ln_2`)
    addLayer(`h.${i}.mlp.c_proj`, nInner)
  }
  findIn('ln_f')
  return outliers
}

/** Adds share · Σ matrix² over the rows of a matrix [rows, C] to `sums` [C]. */
function addSquares(sums: Float64Array, matrix: Float32Array, share: number): void {
  for (let i = 0; i < matrix.length;) {
    for (let channel = 0; channel < sums.length; channel++, i++)
      sums[channel] = (sums[channel] ?? NaN) + (matrix[i] ?? NaN) ** 2 * share
  }
}

/** The largest channels, at most MAX_OUTLIERS, of a layer norm with these gains [C] over a stream of this variance [C]. */
function outliersOf(variance: Float64Array, gains: Float32Array): readonly number[] {
  const sizes = Array.from(variance, (value, channel) => Math.abs(gains[channel] ?? NaN) * Math.sqrt(value))
  const median = elementAt(
    sizes.toSorted((a, b) => a - b),
    sizes.length >> 1,
  )
  return [...sizes.entries()]
    .filter(([, size]) => size > OUTLIER_FACTOR * median)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MAX_OUTLIERS)
    .map(([channel]) => channel)
    .sort((a, b) => a - b)
}
