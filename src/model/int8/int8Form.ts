// The int8 form of a checkpoint: another checkpoint, whose large matrices W [in, out] are int8 with a scale for
// each column. What is multiplied with them is rounded to eight bits row by row when it is known (`int8Layer.ts`).
// C = nEmbd, V = 50257, K channels that stay exact

import { SafetensorsError } from '../../shared/errors'
import { VOCABULARY_SIZE } from '../gpt2/config'
import type { Checkpoint, Weight, WeightType } from '../gpt2/checkpoint'
import type { Activation, Gpt2Config } from '../gpt2/config'
import { type FloatType, toFloats, toHalves } from '../formats/floats'

/** A tensor that the form does not share with the checkpoint. */
export interface FormTensor extends Weight {
  /** Fills `target` with its bytes. */
  readNow(target: Uint8Array): void
}

/** One that is yet to be computed: anew every time, so what belongs to one layer is best asked for together. */
export interface DerivedTensor extends FormTensor {
  compute(): Uint8Array
}

/** The checkpoint, with the form's tensors instead of its own. */
export function int8Checkpoint(original: Checkpoint, tensors: ReadonlyMap<string, FormTensor>): Checkpoint {
  return {
    ...original,
    precision: 'int8',
    has: (name) => tensors.has(name) || original.has(name),
    weight: (name) => tensors.get(name) ?? original.weight(name),
    readNow: (name, target) => {
      const derived = tensors.get(name)
      if (derived === undefined) original.readNow(name, target)
      else derived.readNow(target)
    },
  }
}

/** Another number wherever the same checkpoint would give other bytes. */
export const INT8_FORM_VERSION = 1

/**
 * Whatever goes wrong in the first two blocks' attention goes through all of the others: there alone is half of
 * the error of a model in int8, and in gpt2 a fiftieth of the work.
 */
const EXACT_ATTENTIONS = 2
/** A channel of the stream so many times as large as the others would take the others' digits. */
const OUTLIER_FACTOR = 4
const MAX_OUTLIERS = 16
const LEVELS = 127

/** A layer whose matrix is int8. */
interface Int8Layer {
  readonly name: string
  readonly inputs: number
  readonly outputs: number
  /** What its input comes out of: a layer norm, or a layer. */
  readonly source: string
  readonly hasBias: boolean
}

/** The tensors of the form, by name. */
export function int8Tensors(checkpoint: Checkpoint): Map<string, DerivedTensor> {
  const outliers = outlierChannels(checkpoint)
  const tensors = new Map<string, DerivedTensor>()
  // Three tensors come of one matrix.
  let last: { readonly layer: Int8Layer; readonly matrix: QuantizedMatrix } | undefined
  for (const layer of int8Layers(checkpoint)) {
    const channels = outliers.get(layer.source) ?? []
    const quantized = () => {
      if (last?.layer !== layer) last = { layer, matrix: quantize(checkpoint, layer, channels) }
      return last.matrix
    }
    for (const [name, tensor] of layerTensors(checkpoint, layer, channels, quantized))
      tensors.set(name, tensor)
  }
  const { type, shape } = checkpoint.weight('wte.weight')
  if (type === 'float32') {
    tensors.set(
      'wte.weight',
      derived('float16', shape, () => toHalves(read(checkpoint, 'wte.weight'))),
    )
  }
  return tensors
}

/**
 * Checks tensors that somebody kept.
 * @throws SafetensorsError where they cannot be the int8 form of the checkpoint
 */
export function checkInt8Tensors(checkpoint: Checkpoint, tensors: ReadonlyMap<string, Weight>): void {
  const isThere = (name: string, type: WeightType, shape: readonly number[]) => {
    const tensor = tensors.get(name)
    if (tensor?.type !== type || tensor.shape.join() !== shape.join())
      throw new SafetensorsError(`The int8 form has no ${name} of ${type} [${shape.join(', ')}].`)
  }
  for (const { name, inputs, outputs, hasBias } of int8Layers(checkpoint)) {
    isThere(`${name}.weight`, 'int8', [inputs, outputs])
    isThere(`${name}.scale`, 'float32', [outputs])
    if (hasBias) isThere(`${name}.bias`, 'float32', [outputs])
    const K = tensors.get(`${name}.channels`)?.shape[0]
    if (K === undefined) continue
    isThere(`${name}.channels`, 'int32', [K])
    isThere(`${name}.exact`, 'float32', [K, outputs])
    isThere(`${name}.others`, 'float32', [inputs])
  }
}

/** The layers that are int8: all but the attention of the first blocks. */
export function* int8Layers({ config, hasBiases }: Checkpoint): Generator<Int8Layer> {
  const { nLayer, nEmbd: C, nInner } = config
  const hasBias = hasBiases
  for (let i = 0; i < nLayer; i++) {
    if (i >= EXACT_ATTENTIONS) {
      yield { name: `h.${i}.attn.c_attn`, inputs: C, outputs: 3 * C, source: `h.${i}.ln_1`, hasBias }
      yield { name: `h.${i}.attn.c_proj`, inputs: C, outputs: C, source: `h.${i}.attn.c_attn`, hasBias }
    }
    yield { name: `h.${i}.mlp.c_fc`, inputs: C, outputs: nInner, source: `h.${i}.ln_2`, hasBias }
    // Its input is moved to begin at zero, for which the bias has to make up.
    yield { name: `h.${i}.mlp.c_proj`, inputs: nInner, outputs: C, source: `h.${i}.mlp.c_fc`, hasBias: true }
  }
  yield { name: HEAD, inputs: C, outputs: VOCABULARY_SIZE, source: 'ln_f', hasBias: false }
}

const HEAD = 'lm_head'

/** What is added to the MLP's hidden layer so that nothing of it is below zero: minus the activation's least value. */
export function hiddenShift({ activation }: Gpt2Config): number {
  const shifts: Record<Activation, number> = { gelu_new: 0.170041, gelu: 0.169972, relu: 0 }
  return shifts[activation]
}

export function isHiddenLayer(name: string): boolean {
  return name.endsWith('.mlp.c_proj')
}

/**
 * The tensors of one layer, beginning with the layer's name: `weight` int8 [in, out], `scale` [out], `bias` [out];
 * where channels stay exact also `channels` [K], `exact` [K, out] and `others` [in], which is 0 for those channels
 * and 1 for the rest.
 */
function* layerTensors(
  checkpoint: Checkpoint,
  layer: Int8Layer,
  channels: readonly number[],
  quantized: () => QuantizedMatrix,
): Generator<[name: string, tensor: DerivedTensor]> {
  const { name, inputs, outputs, hasBias } = layer
  const K = channels.length
  yield [`${name}.weight`, derived('int8', [inputs, outputs], () => quantized().weight)]
  yield [`${name}.scale`, derived('float32', [outputs], () => quantized().scale)]
  if (hasBias) {
    yield [`${name}.bias`, derived('float32', [outputs], () => biasOf(checkpoint, layer, quantized()))]
  }
  if (K === 0) return
  const exact = () => rowsOf(matrixOf(checkpoint, layer), outputs, channels)
  const others = () => Float32Array.from({ length: inputs }, (_, c) => (channels.includes(c) ? 0 : 1))
  yield [`${name}.channels`, derived('int32', [K], () => Int32Array.from(channels))]
  yield [`${name}.exact`, derived('float32', [K, outputs], exact)]
  yield [`${name}.others`, derived('float32', [inputs], others)]
}

const BYTES_PER_ELEMENT: Record<WeightType, number> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int8: 1,
  int32: 4,
}

export function weightOf(type: WeightType, shape: readonly number[]): Weight {
  return {
    type,
    shape,
    byteLength: shape.reduce((product, length) => product * length, BYTES_PER_ELEMENT[type]),
  }
}

function derived(type: WeightType, shape: readonly number[], values: () => ArrayBufferView): DerivedTensor {
  const compute = () => bytesOf(values())
  return {
    ...weightOf(type, shape),
    compute,
    readNow: (target) => {
      target.set(compute())
    },
  }
}

interface QuantizedMatrix {
  readonly weight: Int8Array
  readonly scale: Float32Array
}

/**
 * Each column divided by its scale and rounded; the rows of `channels` are left out. Integers have no NaN: a column
 * with a number that is none has such a scale, and where the layer's input would have one, so has the first column.
 */
function quantize(checkpoint: Checkpoint, layer: Int8Layer, channels: readonly number[]): QuantizedMatrix {
  const { inputs, outputs, source } = layer
  const matrix = matrixOf(checkpoint, layer)
  const scale = new Float32Array(outputs)
  for (let i = 0, row = 0; row < inputs; row++) {
    const isExact = channels.includes(row)
    for (let column = 0; column < outputs; column++, i++) {
      if (isExact) matrix[i] *= 0
      const magnitude = Math.abs(matrix[i])
      if (magnitude > scale[column] || Number.isNaN(magnitude)) scale[column] = magnitude
    }
  }
  // A column of zeros stays one, whatever its scale.
  for (let column = 0; column < outputs; column++)
    scale[column] = scale[column] === 0 ? 1 : scale[column] / LEVELS
  if (!isSound(checkpoint, source)) scale[0] = NaN
  const weight = new Int8Array(inputs * outputs)
  for (let i = 0, row = 0; row < inputs; row++) {
    for (let column = 0; column < outputs; column++, i++) weight[i] = Math.round(matrix[i] / scale[column])
  }
  return { weight, scale }
}

function isSound(checkpoint: Checkpoint, layer: string): boolean {
  return ['weight', 'bias']
    .map((part) => `${layer}.${part}`)
    .every((name) => !checkpoint.has(name) || read(checkpoint, name).every(Number.isFinite))
}

/** The layer's bias; that of a hidden layer takes back what its shifted input adds. */
function biasOf(
  checkpoint: Checkpoint,
  { name, inputs, outputs }: Int8Layer,
  { weight, scale }: QuantizedMatrix,
): Float32Array {
  const bias = checkpoint.hasBiases ? read(checkpoint, `${name}.bias`).slice() : new Float32Array(outputs)
  if (!isHiddenLayer(name)) return bias
  const sums = new Int32Array(outputs)
  for (let i = 0, row = 0; row < inputs; row++) {
    for (let column = 0; column < outputs; column++, i++) sums[column] += weight[i]
  }
  const shift = hiddenShift(checkpoint.config)
  return bias.map((value, column) => value - shift * scale[column] * sums[column])
}

/**
 * By layer norm: the channels of its output that will be far larger than the others, if every layer's input were
 * of the same size everywhere. That is so of trained models: what sticks out of the stream was written by
 * embeddings and layers whose columns stick out.
 */
function outlierChannels(checkpoint: Checkpoint): Map<string, number[]> {
  const { nLayer, nEmbd: C, nInner } = checkpoint.config
  const outliers = new Map<string, number[]>()
  /** [C] Variance of the stream. */
  const variance = new Float64Array(C)
  const addMatrix = (matrix: Float32Array, share: number) => {
    for (let i = 0; i < matrix.length; i++) variance[i % C] += matrix[i] ** 2 * share
  }
  const addBias = (layer: string) => {
    if (checkpoint.hasBiases) addMatrix(read(checkpoint, `${layer}.bias`), 1)
  }
  const look = (norm: string) => {
    const gains = read(checkpoint, `${norm}.weight`)
    const size = Float64Array.from(variance, (value, c) => Math.abs(gains[c]) * Math.sqrt(value))
    const bound = OUTLIER_FACTOR * [...size].sort((a, b) => a - b)[C >> 1]
    const found = [...size.keys()].filter((c) => size[c] > bound).sort((a, b) => size[b] - size[a])
    outliers.set(
      norm,
      found.slice(0, MAX_OUTLIERS).sort((a, b) => a - b),
    )
  }
  const ofLayer = (name: string, inputs: number) => matrixOf(checkpoint, { name, inputs, outputs: C })

  addMatrix(read(checkpoint, 'wte.weight'), 1 / VOCABULARY_SIZE)
  addMatrix(read(checkpoint, 'wpe.weight'), 1 / checkpoint.config.nPositions)
  for (let i = 0; i < nLayer; i++) {
    look(`h.${i}.ln_1`)
    addMatrix(ofLayer(`h.${i}.attn.c_proj`, C), 1)
    addBias(`h.${i}.attn.c_proj`)
    look(`h.${i}.ln_2`)
    addMatrix(ofLayer(`h.${i}.mlp.c_proj`, nInner), 1)
    addBias(`h.${i}.mlp.c_proj`)
  }
  look('ln_f')
  return outliers
}

/** A layer's matrix as [in, out], whichever way it is stored; the caller's own. */
function matrixOf(
  checkpoint: Checkpoint,
  { name, inputs, outputs }: Pick<Int8Layer, 'name' | 'inputs' | 'outputs'>,
): Float32Array {
  if (name === HEAD) {
    return transposed(
      read(checkpoint, checkpoint.config.tied ? 'wte.weight' : 'lm_head.weight'),
      outputs,
      inputs,
    )
  }
  const stored = read(checkpoint, `${name}.weight`)
  return checkpoint.layout === 'Linear' ? transposed(stored, outputs, inputs) : stored
}

/** [rows, columns] → [columns, rows], in squares that fit into a processor's cache. */
function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length)
  const SQUARE = 32
  for (let top = 0; top < rows; top += SQUARE) {
    for (let left = 0; left < columns; left += SQUARE) {
      for (let row = top; row < Math.min(top + SQUARE, rows); row++) {
        for (let column = left; column < Math.min(left + SQUARE, columns); column++)
          result[column * rows + row] = matrix[row * columns + column]
      }
    }
  }
  return result
}

function rowsOf(matrix: Float32Array, columns: number, rows: readonly number[]): Float32Array {
  const result = new Float32Array(rows.length * columns)
  rows.forEach((row, i) => {
    result.set(matrix.subarray(row * columns, (row + 1) * columns), i * columns)
  })
  return result
}

function read(checkpoint: Checkpoint, name: string): Float32Array {
  const { type, byteLength } = checkpoint.weight(name)
  const bytes = new Uint8Array(byteLength)
  checkpoint.readNow(name, bytes)
  return toFloats(bytes, type as FloatType)
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
