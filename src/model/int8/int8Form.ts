// The int8 form of a checkpoint: another checkpoint, whose large matrices W [in, out] are int8 with one scale per
// column. The layers' inputs are rounded to eight bits row by row at run time (`graphs/int8Layer.ts`).
// C = nEmbd, V = 50257, K channels that stay in float32

import { SafetensorsError } from '../../shared/errors'
import { toHalves } from '../formats/floats'
import { BYTES_PER_ELEMENT, type Checkpoint, type Weight, type WeightType } from '../gpt2/checkpoint'
import { type Activation, type Gpt2Config, VOCABULARY_SIZE } from '../gpt2/config'
import { HEAD, type MatrixShape, readFloats, readMatrix } from './floatWeights'
import { outlierChannels } from './outlierChannels'
import { biasForShiftedInput, type QuantizedMatrix, quantizeColumns, selectRows } from './quantization'

/** A tensor of the int8 form. */
export interface FormTensor extends Weight {
  /** Fills `target` with its bytes. */
  readNow(target: Uint8Array): void
}

/**
 * A tensor that is computed on every call of `compute`. Tensors of one layer share a quantized matrix that is cached
 * until another layer is computed, so compute them one after the other.
 */
export interface DerivedTensor extends FormTensor {
  compute(): Uint8Array
}

/** The checkpoint with the form's tensors instead of its own. The form has all that the graphs use. */
export function int8Checkpoint(original: Checkpoint, tensors: ReadonlyMap<string, FormTensor>): Checkpoint {
  const tensor = (name: string) => {
    const known = tensors.get(name)
    if (known === undefined) throw new Error(`the int8 form has no tensor ${name}`)
    return known
  }
  return {
    ...original,
    precision: 'int8',
    names: [...tensors.keys()],
    has: (name) => tensors.has(name),
    weight: tensor,
    read: (name) => {
      const bytes = new Uint8Array(tensor(name).byteLength)
      tensor(name).readNow(bytes)
      return Promise.resolve(bytes)
    },
    readNow: (name, target) => {
      tensor(name).readNow(target)
    },
  }
}

/** Increase it whenever the same checkpoint would give other bytes. */
export const INT8_FORM_VERSION = 2

/**
 * Number of first blocks whose attention stays in float32. An error there passes through all later blocks: in gpt2 the
 * attention of these blocks is a fiftieth of the work, but in int8 it would cause half of the model's error.
 */
const EXACT_ATTENTIONS = 2

/** A layer whose matrix is int8. */
interface Int8Layer extends MatrixShape {
  /** The layer norm or layer that computes its input. */
  readonly source: string
  readonly hasBias: boolean
}

/** The tensors of the form, by name. */
export function int8Tensors(checkpoint: Checkpoint): Map<string, DerivedTensor> {
  const outliers = outlierChannels(checkpoint.config, {
    tensor: (name) => readFloats(checkpoint, name),
    bias: (layer) => (checkpoint.hasBiases ? readFloats(checkpoint, `${layer}.bias`) : undefined),
    matrix: (name, inputs) => readMatrix(checkpoint, { name, inputs, outputs: checkpoint.config.nEmbd }),
  })
  const tensors = new Map<string, DerivedTensor>()
  // Three tensors are computed from one quantized matrix.
  let last: { readonly layer: Int8Layer; readonly matrix: QuantizedMatrix } | undefined
  for (const layer of int8Layers(checkpoint)) {
    const channels = outliers.get(layer.source) ?? []
    const quantized = () => {
      if (last?.layer !== layer) last = { layer, matrix: quantizedMatrix(checkpoint, layer, channels) }
      return last.matrix
    }
    for (const [name, tensor] of layerTensors(checkpoint, { layer, channels, quantized }))
      tensors.set(name, tensor)
  }
  const { type, shape } = checkpoint.weight('wte.weight')
  if (type === 'float32') {
    const halves = () => toHalves(readFloats(checkpoint, 'wte.weight'))
    tensors.set('wte.weight', derived('float16', shape, halves))
  }
  for (const name of checkpoint.names) {
    if (!tensors.has(name)) tensors.set(name, copied(checkpoint, name))
  }
  return tensors
}

/**
 * Checks tensors that were read from a cache.
 * @throws SafetensorsError if they cannot be the int8 form of the checkpoint
 */
export function checkInt8Tensors(checkpoint: Checkpoint, tensors: ReadonlyMap<string, Weight>): void {
  const check = (name: string, type: WeightType, shape: readonly number[]) => {
    const tensor = tensors.get(name)
    if (tensor?.type !== type || tensor.shape.join() !== shape.join())
      throw new SafetensorsError(`The int8 form has no ${name} of ${type} [${shape.join(', ')}].`)
  }
  const quantized = new Set<string>()
  for (const { name, inputs, outputs, hasBias } of int8Layers(checkpoint)) {
    quantized.add(`${name}.weight`).add(`${name}.bias`)
    check(`${name}.weight`, 'int8', [inputs, outputs])
    check(`${name}.scale`, 'float32', [outputs])
    if (hasBias) check(`${name}.bias`, 'float32', [outputs])
    const K = tensors.get(`${name}.channels`)?.shape[0]
    if (K === undefined) continue
    check(`${name}.channels`, 'int32', [K])
    check(`${name}.exact`, 'float32', [K, outputs])
    check(`${name}.others`, 'float32', [inputs])
  }
  for (const name of checkpoint.names) {
    if (quantized.has(name)) continue
    const { type, shape } = checkpoint.weight(name)
    check(name, name === 'wte.weight' && type === 'float32' ? 'float16' : type, shape)
  }
}

/** The layers that are int8: all except the attention of the first blocks. */
export function* int8Layers({ config, hasBiases: hasBias }: Checkpoint): Generator<Int8Layer> {
  const { nLayer, nEmbd: C, nInner } = config
  for (let i = 0; i < nLayer; i++) {
    if (i >= EXACT_ATTENTIONS) {
      yield { name: `h.${i}.attn.c_attn`, inputs: C, outputs: 3 * C, source: `h.${i}.ln_1`, hasBias }
      yield { name: `h.${i}.attn.c_proj`, inputs: C, outputs: C, source: `h.${i}.attn.c_attn`, hasBias }
    }
    yield { name: `h.${i}.mlp.c_fc`, inputs: C, outputs: nInner, source: `h.${i}.ln_2`, hasBias }
    // Its input is shifted to start at zero; a bias takes the shift back, even in models without biases.
    yield { name: `h.${i}.mlp.c_proj`, inputs: nInner, outputs: C, source: `h.${i}.mlp.c_fc`, hasBias: true }
  }
  yield { name: HEAD, inputs: C, outputs: VOCABULARY_SIZE, source: 'ln_f', hasBias: false }
}

/** The constant added to the MLP's hidden layer so that no value is negative: minus the minimum of the activation. */
export function hiddenShift({ activation }: Gpt2Config): number {
  const shifts: Record<Activation, number> = { gelu_new: 0.170041, gelu: 0.169972, relu: 0 }
  return shifts[activation]
}

/** Whether the layer's input is the MLP's hidden layer. */
export function isHiddenLayer(name: string): boolean {
  return name.endsWith('.mlp.c_proj')
}

/** A tensor's description, with the number of bytes that its type and shape take. */
export function weightOf(type: WeightType, shape: readonly number[]): Weight {
  return {
    type,
    shape,
    byteLength: shape.reduce((product, length) => product * length, BYTES_PER_ELEMENT[type]),
  }
}

interface LayerForm {
  readonly layer: Int8Layer
  /** Input channels that stay in float32. */
  readonly channels: readonly number[]
  readonly quantized: () => QuantizedMatrix
}

/**
 * The tensors of one layer, named after it: `weight` int8 [in, out], `scale` [out], `bias` [out]; for a layer with
 * channels in float32 also `channels` [K], `exact` [K, out] and `others` [in], which is 0 for those channels
 * and 1 for the rest.
 */
function* layerTensors(
  checkpoint: Checkpoint,
  { layer, channels, quantized }: LayerForm,
): Generator<[name: string, tensor: DerivedTensor]> {
  const { name, inputs, outputs, hasBias } = layer
  const K = channels.length
  yield [`${name}.weight`, derived('int8', [inputs, outputs], () => quantized().weight)]
  yield [`${name}.scale`, derived('float32', [outputs], () => quantized().scale)]
  if (hasBias) {
    yield [`${name}.bias`, derived('float32', [outputs], () => biasOf(checkpoint, layer, quantized))]
  }
  if (K === 0) return
  const exact = () => selectRows(readMatrix(checkpoint, layer), outputs, channels)
  const others = () => Float32Array.from({ length: inputs }, (_, c) => (channels.includes(c) ? 0 : 1))
  yield [`${name}.channels`, derived('int32', [K], () => Int32Array.from(channels))]
  yield [`${name}.exact`, derived('float32', [K, outputs], exact)]
  yield [`${name}.others`, derived('float32', [inputs], others)]
}

function derived(type: WeightType, shape: readonly number[], values: () => ArrayBufferView): DerivedTensor {
  const compute = () => {
    const { buffer, byteOffset, byteLength } = values()
    return new Uint8Array(buffer, byteOffset, byteLength)
  }
  return {
    ...weightOf(type, shape),
    compute,
    readNow: (target) => {
      target.set(compute())
    },
  }
}

/** A tensor as the checkpoint has it. */
function copied(checkpoint: Checkpoint, name: string): DerivedTensor {
  const { type, shape, byteLength } = checkpoint.weight(name)
  return {
    ...weightOf(type, shape),
    compute: () => {
      const bytes = new Uint8Array(byteLength)
      checkpoint.readNow(name, bytes)
      return bytes
    },
    readNow: (target) => {
      checkpoint.readNow(name, target)
    },
  }
}

function quantizedMatrix(
  checkpoint: Checkpoint,
  layer: Int8Layer,
  exactRows: readonly number[],
): QuantizedMatrix {
  const { inputs, outputs, source } = layer
  const hasFiniteInput = [`${source}.weight`, `${source}.bias`].every(
    (name) => !checkpoint.has(name) || readFloats(checkpoint, name).every(Number.isFinite),
  )
  return quantizeColumns(readMatrix(checkpoint, layer), { inputs, outputs, exactRows, hasFiniteInput })
}

/** The layer's bias [out], zeros if the checkpoint has none, corrected where the layer's input is shifted. */
function biasOf(
  checkpoint: Checkpoint,
  { name, outputs }: Int8Layer,
  quantized: () => QuantizedMatrix,
): Float32Array {
  const bias = checkpoint.hasBiases ? readFloats(checkpoint, `${name}.bias`) : new Float32Array(outputs)
  return isHiddenLayer(name) ? biasForShiftedInput(bias, quantized(), hiddenShift(checkpoint.config)) : bias
}
