// A GPT-2 checkpoint: its tensors by GPT-2's own names, checked against its configuration.
// C = nEmbd, N = nPositions, V = 50257, I = nInner

import { MissingTensorsError, TensorMismatchError } from '../../shared/errors'
import { formatCount, formatCounted } from '../../shared/text/format'
import type { Precision } from '../../shared/contracts/prediction'
import { VOCABULARY_SIZE } from './config'
import type { Gpt2Config } from './config'
import type { FloatType } from '../formats/floats'
import type { StoredTensor, StoredTensors } from '../formats/storedTensors'
import { plainTensorName } from './tensorNames'

/** The last two only in forms that are derived from a checkpoint. */
export type WeightType = FloatType | 'int8' | 'int32'

/** How the layers' weights lie: GPT-2's own Conv1D is [in, out], PyTorch's Linear [out, in]. */
export type WeightLayout = 'Conv1D' | 'Linear'

export interface Weight {
  readonly type: WeightType
  readonly shape: readonly number[]
  readonly byteLength: number
}

export interface Checkpoint {
  readonly config: Gpt2Config
  readonly precision: Precision
  readonly layout: WeightLayout
  /** False where no layer and no layer norm has one. */
  readonly hasBiases: boolean
  /** What is not as in OpenAI's own files, in phrases for people. */
  readonly remarks: readonly string[]
  /** Numbers that the model has learned; a tied head counts once, padding does not. */
  readonly parameters: number
  has(name: string): boolean
  /** The tensor of this name, such as `h.0.attn.c_attn.weight`; of the vocabulary the first V rows. */
  weight(name: string): Weight
  /** The tensor's bytes as they lie in the file. */
  read(name: string): Promise<Uint8Array>
  /** Fills `target` with the tensor's bytes before it returns. */
  readNow(name: string, target: Uint8Array): void
}

const WEIGHT_TYPES: Record<string, FloatType> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' }
const BYTES_PER_WEIGHT: Record<FloatType, number> = { float32: 4, float16: 2, bfloat16: 2 }
const MAX_LISTED_TENSORS = 5
/** So much of two tensors tells whether they are the same. */
const COMPARED_BYTES = 1024 ** 2

/**
 * Makes a checkpoint of stored tensors. Names may begin with `transformer.` or `_orig_mod.`; tensors that GPT-2
 * does not need (the mask buffers `attn.bias`, a tied `lm_head.weight`) are ignored.
 * @throws MissingTensorsError, TensorMismatchError
 */
export async function openCheckpoint(tensors: StoredTensors, config: Gpt2Config): Promise<Checkpoint> {
  const found = config.tied ? withTiedWte(byPlainName(tensors)) : byPlainName(tensors)
  const hasBiases = [...found.keys()].some(isBias)
  const shapes = [...expectedShapes(config)].filter(([name]) => hasBiases || !isBias(name))
  checkNoneIsMissing(shapes, found, tensors.file)
  const layout = layoutOf(shapes, found)

  const weights = new Map<string, Weight & { readonly stored: StoredTensor }>()
  for (const [name, shape] of shapes) {
    const stored = tensorOf(found, name)
    const type = checkedType(name, stored, layout === 'Linear' ? linearShape(name, shape) : shape)
    const used = isVocabulary(name) ? [VOCABULARY_SIZE, ...stored.shape.slice(1)] : stored.shape
    weights.set(name, { stored, type, shape: used, byteLength: product(used) * BYTES_PER_WEIGHT[type] })
  }
  const weight = (name: string) => {
    const known = weights.get(name)
    if (known === undefined) throw new Error(`GPT-2 has no tensor ${name}`)
    return known
  }
  return {
    config,
    precision: 'fp32',
    layout,
    hasBiases,
    remarks: [
      ...(layout === 'Linear' ? ['Linear layout, transposed on load'] : []),
      ...paddingRemark(config),
      ...(await headRemark(config, found)),
    ],
    parameters: [...weights.values()].reduce((sum, { shape }) => sum + product(shape), 0),
    has: (name) => weights.has(name),
    weight,
    read: (name) => weight(name).stored.read(weight(name).byteLength),
    readNow: (name, target) => {
      weight(name).stored.readNow(target)
    },
  }
}

/**
 * The tensors by GPT-2's own names.
 * @throws TensorMismatchError where two have the same
 */
export function byPlainName({ file, byName }: StoredTensors): Map<string, StoredTensor> {
  const found = new Map<string, StoredTensor>()
  const storedNames = new Map<string, string>()
  for (const [storedName, tensor] of byName) {
    const name = plainTensorName(storedName)
    const other = storedNames.get(name)
    if (other !== undefined) {
      throw new TensorMismatchError(`${file} has both ${other} and ${storedName}; only one can be ${name}.`)
    }
    storedNames.set(name, storedName)
    found.set(name, tensor)
  }
  return found
}

/** Of two names for one matrix `safetensors.torch.save_model` keeps the first in the alphabet, which is the head's. */
export function withTiedWte(found: ReadonlyMap<string, StoredTensor>): Map<string, StoredTensor> {
  const head = found.get('lm_head.weight')
  return found.has('wte.weight') || head === undefined
    ? new Map(found)
    : new Map(found).set('wte.weight', head)
}

/** Whether the checkpoint has a head that is another matrix than `wte`. */
export async function hasOwnHead(found: ReadonlyMap<string, StoredTensor>): Promise<boolean> {
  const [head, wte] = [found.get('lm_head.weight'), found.get('wte.weight')]
  if (head === undefined || wte === undefined) return false
  if (head.dtype !== wte.dtype || head.shape.join() !== wte.shape.join()) return true
  const compared = Math.min(COMPARED_BYTES, product(head.shape) * 2)
  const [ofHead, ofWte] = await Promise.all([head.read(compared), wte.read(compared)])
  return ofHead.some((byte, i) => byte !== ofWte[i])
}

/** Every tensor that the graphs need, with its shape; Conv1D weights are [in, out]. */
export function* expectedShapes(config: Gpt2Config): Generator<[name: string, shape: readonly number[]]> {
  const { nLayer, nEmbd, nInner, nPositions, vocabSize } = config
  yield ['wte.weight', [vocabSize, nEmbd]]
  yield ['wpe.weight', [nPositions, nEmbd]]
  for (let i = 0; i < nLayer; i++) {
    yield [`h.${i}.ln_1.weight`, [nEmbd]]
    yield [`h.${i}.ln_1.bias`, [nEmbd]]
    yield [`h.${i}.attn.c_attn.weight`, [nEmbd, 3 * nEmbd]]
    yield [`h.${i}.attn.c_attn.bias`, [3 * nEmbd]]
    yield [`h.${i}.attn.c_proj.weight`, [nEmbd, nEmbd]]
    yield [`h.${i}.attn.c_proj.bias`, [nEmbd]]
    yield [`h.${i}.ln_2.weight`, [nEmbd]]
    yield [`h.${i}.ln_2.bias`, [nEmbd]]
    yield [`h.${i}.mlp.c_fc.weight`, [nEmbd, nInner]]
    yield [`h.${i}.mlp.c_fc.bias`, [nInner]]
    yield [`h.${i}.mlp.c_proj.weight`, [nInner, nEmbd]]
    yield [`h.${i}.mlp.c_proj.bias`, [nEmbd]]
  }
  yield ['ln_f.weight', [nEmbd]]
  yield ['ln_f.bias', [nEmbd]]
  if (!config.tied) yield ['lm_head.weight', [vocabSize, nEmbd]]
}

/** Weights of layers, which the two layouts store in different ways; not those of layer norms and embeddings. */
export function isLayerWeight(name: string): boolean {
  return /\.c_\w+\.weight$/.test(name)
}

function isBias(name: string): boolean {
  return BIAS.test(name)
}

/** Not the mask buffer `attn.bias`. */
const BIAS = /^(h\.\d+\.(attn|mlp)\.c_\w+|h\.\d+\.ln_\d|ln_f)\.bias$/

function isVocabulary(name: string): boolean {
  return name === 'wte.weight' || name === 'lm_head.weight'
}

type NamedShape = readonly [name: string, shape: readonly number[]]

function checkNoneIsMissing(
  shapes: readonly NamedShape[],
  found: ReadonlyMap<string, StoredTensor>,
  file: string,
): void {
  const missing = shapes.filter(([name]) => !found.has(name)).map(([name]) => name)
  if (missing.length === 0) return
  throw new MissingTensorsError(
    missing.every(isBias)
      ? `${file} lacks ${listed(missing)}. A model has all of its biases, or none.`
      : `${file} lacks ${listed(missing)}. Is it a GPT-2 model?`,
  )
}

/**
 * The layout that the weights' shapes tell; the square `attn.c_proj`, which could be either, follows the others.
 * @throws TensorMismatchError naming two that disagree
 */
function layoutOf(shapes: readonly NamedShape[], found: ReadonlyMap<string, StoredTensor>): WeightLayout {
  let told: { readonly name: string; readonly layout: WeightLayout } | undefined
  for (const [name, shape] of shapes) {
    const layout = layoutOfWeight(name, shape, tensorOf(found, name))
    if (layout === undefined) continue
    told ??= { name, layout }
    if (told.layout !== layout) {
      throw new TensorMismatchError(
        `${told.name} is stored ${LAYOUT_WORDS[told.layout]} and ${name} ${LAYOUT_WORDS[layout]}; all layers must have the same layout.`,
      )
    }
  }
  return told?.layout ?? 'Conv1D'
}

const LAYOUT_WORDS: Record<WeightLayout, string> = {
  Conv1D: 'as [in, out] (GPT-2’s own layout)',
  Linear: 'as [out, in] (Linear layout)',
}

/** Undefined where the shape is that of both layouts, or of none. */
function layoutOfWeight(
  name: string,
  shape: readonly number[],
  stored: StoredTensor,
): WeightLayout | undefined {
  const [own, linear] = [shape.join(), linearShape(name, shape).join()]
  if (own === linear) return undefined
  if (stored.shape.join() === own) return 'Conv1D'
  return stored.shape.join() === linear ? 'Linear' : undefined
}

function linearShape(name: string, shape: readonly number[]): readonly number[] {
  return isLayerWeight(name) ? shape.toReversed() : shape
}

function checkedType(name: string, { dtype, shape }: StoredTensor, expected: readonly number[]): FloatType {
  if (shape.join() !== expected.join()) {
    throw new TensorMismatchError(
      `${name} has the shape [${shape.join(', ')}] where config.json calls for [${expected.join(', ')}].`,
    )
  }
  if (!Object.hasOwn(WEIGHT_TYPES, dtype)) {
    throw new TensorMismatchError(
      `${name} is stored as ${dtype}; ${Object.keys(WEIGHT_TYPES).join(', ')} can be read.`,
    )
  }
  return WEIGHT_TYPES[dtype]
}

function paddingRemark({ vocabSize }: Gpt2Config): string[] {
  const extra = vocabSize - VOCABULARY_SIZE
  if (extra === 0) return []
  return [`vocabulary padded to ${formatCount(vocabSize)}, ${formatCounted(extra, 'extra row')} left out`]
}

/** Hugging Face does the same, with as little to show for it. */
async function headRemark({ tied }: Gpt2Config, found: ReadonlyMap<string, StoredTensor>): Promise<string[]> {
  return tied && (await hasOwnHead(found))
    ? ['lm_head.weight is not used: config.json ties the head to wte']
    : []
}

function tensorOf(found: ReadonlyMap<string, StoredTensor>, name: string): StoredTensor {
  const tensor = found.get(name)
  if (tensor === undefined) throw new Error(`there is no tensor ${name}`)
  return tensor
}

function product(lengths: readonly number[]): number {
  return lengths.reduce((result, length) => result * length, 1)
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED_TENSORS).join(', ')
  return names.length > MAX_LISTED_TENSORS
    ? `${shown} and ${names.length - MAX_LISTED_TENSORS} more tensors`
    : shown
}
