// A GPT-2 checkpoint: its tensors by GPT-2's own names, checked against its configuration.
// C = nEmbd, N = nPositions, V = vocabSize, I = nInner

import { MissingTensorsError, TensorMismatchError } from '../shared/errors'
import type { ByteSource } from './byteSource'
import type { Gpt2Config } from './config'
import { readSafetensorsHeader, type TensorEntry } from './safetensors'

export type WeightType = 'float32' | 'float16'

export interface Weight {
  readonly type: WeightType
  readonly shape: readonly number[]
  readonly byteLength: number
}

export interface Checkpoint {
  readonly config: Gpt2Config
  /** Numbers that the model has learned; a tied head counts once. */
  readonly parameters: number
  /** The tensor of this name, such as `h.0.attn.c_attn.weight`. */
  weight(name: string): Weight
  /** The tensor's bytes as they lie in the file. */
  read(name: string): Promise<Uint8Array>
}

const WEIGHT_TYPES: Record<string, WeightType> = { F32: 'float32', F16: 'float16' }
const MAX_LISTED_TENSORS = 5

/**
 * Opens a checkpoint over a safetensors file. Names may begin with `transformer.`; tensors that GPT-2 does
 * not need (the mask buffers `attn.bias`, a tied `lm_head.weight`) are ignored.
 * @throws SafetensorsError, MissingTensorsError, TensorMismatchError
 */
export async function openCheckpoint(source: ByteSource, config: Gpt2Config): Promise<Checkpoint> {
  const entries = await readSafetensorsHeader(source)
  const find = (name: string) => entries.get(name) ?? entries.get(`transformer.${name}`)
  const shapes = [...expectedShapes(config)]

  const missing = shapes.filter(([name]) => find(name) === undefined).map(([name]) => name)
  if (missing.length > 0)
    throw new MissingTensorsError(`model.safetensors lacks ${listed(missing)}. Is it a GPT-2 model?`)

  const weights = new Map<string, Weight & TensorEntry>()
  for (const [name, shape] of shapes) {
    const entry = find(name)
    if (entry !== undefined) weights.set(name, checkedWeight(name, entry, shape))
  }
  const weight = (name: string) => {
    const found = weights.get(name)
    if (found === undefined) throw new Error(`GPT-2 has no tensor ${name}`)
    return found
  }
  return {
    config,
    parameters: shapes.reduce(
      (sum, [, shape]) => sum + shape.reduce((product, length) => product * length, 1),
      0,
    ),
    weight,
    read: (name) => source.read(weight(name).offset, weight(name).byteLength),
  }
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

function checkedWeight(name: string, entry: TensorEntry, shape: readonly number[]): Weight & TensorEntry {
  if (entry.shape.join() !== shape.join()) {
    throw new TensorMismatchError(
      `${name} has the shape [${entry.shape.join(', ')}] where config.json calls for [${shape.join(', ')}].`,
    )
  }
  if (!Object.hasOwn(WEIGHT_TYPES, entry.dtype)) {
    throw new TensorMismatchError(`${name} is stored as ${entry.dtype}; F32 and F16 can be read.`)
  }
  return { ...entry, type: WEIGHT_TYPES[entry.dtype] }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED_TENSORS).join(', ')
  return names.length > MAX_LISTED_TENSORS
    ? `${shown} and ${names.length - MAX_LISTED_TENSORS} more tensors`
    : shown
}
