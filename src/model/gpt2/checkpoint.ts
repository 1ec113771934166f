// A GPT-2 checkpoint: its tensors under GPT-2's own names, checked against its configuration.
// C = nEmbd, N = nPositions, V = 50257, I = nInner

import { MissingTensorsError, TensorMismatchError } from '../../shared/errors'
import { areEqual } from '../../shared/bytes'
import { formatCount, formatCounted } from '../../shared/text/format'
import { quoted } from '../../shared/text/quoted'
import type { Precision } from '../../shared/contracts/engine/prediction'
import { type Gpt2Config, VOCABULARY_SIZE } from './config'
import type { FloatType } from '../formats/floats'
import type { FilePlace, StoredTensor, StoredTensors } from '../formats/storedTensors'
import { plainTensorName } from './tensorNames'

/** int8 and int32 exist only in the int8 form, which is derived from a checkpoint. */
export type WeightType = FloatType | 'int8' | 'int32'

export const BYTES_PER_ELEMENT: Record<WeightType, number> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int8: 1,
  int32: 4,
}

/** Layout of the layers' weights: GPT-2's own Conv1D is [in, out], PyTorch's Linear is [out, in]. */
export type WeightLayout = 'Conv1D' | 'Linear'

export interface Weight {
  readonly type: WeightType
  readonly shape: readonly number[]
  readonly byteLength: number
  /** Where its bytes begin; absent if they are in no file. */
  readonly place?: FilePlace
}

export interface Checkpoint {
  readonly config: Gpt2Config
  readonly precision: Precision
  readonly layout: WeightLayout
  /** False if no layer and no layer norm has a bias. */
  readonly hasBiases: boolean
  /** Differences from OpenAI's own files, as phrases for the user. */
  readonly remarks: readonly string[]
  /** Number of trained parameters; a tied head counts once, padding does not count. */
  readonly parameters: number
  /** Names of all its tensors. */
  readonly names: readonly string[]
  /** The folder of the tensors' files, if the runtime may map them into memory instead of reading them. */
  readonly mappedFolder?: string
  /** The folder of its prepacked form, if the runtime loads that instead. */
  readonly prepackedForm?: string
  has(name: string): boolean
  /** The tensor with this name, such as `h.0.attn.c_attn.weight`; of vocabulary matrices only the first V rows. */
  weight(name: string): Weight
  /** Reads the tensor's bytes as they are in the file. */
  read(name: string): Promise<Uint8Array>
  /** Fills `target` with the tensor's bytes, synchronously. */
  readNow(name: string, target: Uint8Array): void
}

const WEIGHT_TYPES: ReadonlyMap<string, FloatType> = new Map([
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
])
const MAX_LISTED_TENSORS = 5
/** Comparing larger matrices would take minutes, and a model with one does not fit into memory. */
const MAX_COMPARED_BYTES = 4 * 1024 ** 3
/** Bytes of two tensors that are compared at a time. */
const COMPARED_BYTES = 4 * 1024 ** 2

/**
 * Opens a checkpoint from stored tensors. Names may begin with `transformer.` or `_orig_mod.`; tensors that GPT-2
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
    const byteLength = product(used) * BYTES_PER_ELEMENT[type]
    weights.set(name, { stored, type, shape: used, byteLength, place: stored.place })
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
    names: [...weights.keys()],
    has: (name) => weights.has(name),
    weight,
    read: (name) => weight(name).stored.read(0, weight(name).byteLength),
    readNow: (name, target) => {
      weight(name).stored.readNow(target)
    },
  }
}

/**
 * The tensors by GPT-2's own names.
 * @throws TensorMismatchError if two have the same name
 */
export function byPlainName({ file, byName }: StoredTensors): Map<string, StoredTensor> {
  const found = new Map<string, StoredTensor>()
  const storedNames = new Map<string, string>()
  for (const [storedName, tensor] of byName) {
    const name = plainTensorName(storedName)
    const other = storedNames.get(name)
    if (other !== undefined) {
      throw new TensorMismatchError(
        `${file} has both ${quoted(other)} and ${quoted(storedName)}; only one can be ${quoted(name)}.`,
      )
    }
    storedNames.set(name, storedName)
    found.set(name, tensor)
  }
  return found
}

/**
 * Adds a missing `wte.weight`: of two names for one matrix, `safetensors.torch.save_model` saves only the first one in
 * alphabetical order, which is `lm_head.weight`.
 */
export function withTiedWte(found: ReadonlyMap<string, StoredTensor>): Map<string, StoredTensor> {
  const head = found.get('lm_head.weight')
  return found.has('wte.weight') || head === undefined
    ? new Map(found)
    : new Map(found).set('wte.weight', head)
}

/**
 * Whether the checkpoint has a head that differs from `wte`. Compares all of their bytes; matrices of more than 4 GiB, which
 * no backend can load, count as different.
 */
export async function hasOwnHead(found: ReadonlyMap<string, StoredTensor>): Promise<boolean> {
  const [head, wte] = [found.get('lm_head.weight'), found.get('wte.weight')]
  if (head === undefined || wte === undefined || head === wte) return false
  if (head.dtype !== wte.dtype || head.shape.join() !== wte.shape.join()) return true
  if (head.byteLength > MAX_COMPARED_BYTES) return true
  for (let start = 0; start < head.byteLength; start += COMPARED_BYTES) {
    const length = Math.min(COMPARED_BYTES, head.byteLength - start)
    const [ofHead, ofWte] = await Promise.all([head.read(start, length), wte.read(start, length)])
    if (!areEqual(ofHead, ofWte)) return true
  }
  return false
}

/** Every tensor that the graphs need, with its shape in Conv1D layout ([in, out]). */
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

/** Whether the two layouts store this tensor differently: only the weights of layers, not of layer norms and embeddings. */
export function isLayerWeight(name: string): boolean {
  return /\.c_\w+\.weight$/.test(name)
}

function isBias(name: string): boolean {
  return BIAS.test(name)
}

/** Does not match the mask buffer `attn.bias`. */
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
 * The layout, found by the weights' shapes. The square `attn.c_proj` fits both layouts and does not count.
 * @throws TensorMismatchError if two weights differ in their layout
 */
function layoutOf(shapes: readonly NamedShape[], found: ReadonlyMap<string, StoredTensor>): WeightLayout {
  let first: { readonly name: string; readonly layout: WeightLayout } | undefined
  for (const [name, shape] of shapes) {
    const layout = layoutOfWeight(name, shape, tensorOf(found, name))
    if (layout === undefined) continue
    first ??= { name, layout }
    if (first.layout !== layout) {
      throw new TensorMismatchError(
        `${first.name} is stored ${LAYOUT_TEXTS[first.layout]} and ${name} ${LAYOUT_TEXTS[layout]}; all layers must have the same layout.`,
      )
    }
  }
  return first?.layout ?? 'Conv1D'
}

const LAYOUT_TEXTS: Record<WeightLayout, string> = {
  Conv1D: 'as [in, out] (GPT-2’s own layout)',
  Linear: 'as [out, in] (Linear layout)',
}

/** Undefined if the shape fits both layouts, or neither. */
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
      `${name} has the shape [${quoted(shape.join(', '))}], but config.json requires [${expected.join(', ')}].`,
    )
  }
  const type = WEIGHT_TYPES.get(dtype)
  if (type === undefined) {
    throw new TensorMismatchError(
      `${name} is stored as ${dtype}; supported are ${[...WEIGHT_TYPES.keys()].join(', ')}.`,
    )
  }
  return type
}

function paddingRemark({ vocabSize }: Gpt2Config): string[] {
  const extra = vocabSize - VOCABULARY_SIZE
  if (extra === 0) return []
  return [`vocabulary padded to ${formatCount(vocabSize)}, ${formatCounted(extra, 'extra row')} ignored`]
}

/** A tied model ignores its own head, as Hugging Face does; the remark is the only sign of it. */
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
