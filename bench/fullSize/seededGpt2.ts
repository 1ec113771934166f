// Writes a checkpoint folder of a GPT-2 of any size with seeded random weights, so that no download is needed. The scales
// are those of a trained model; the values are the same on every machine.

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expectedShapes } from '../../src/model/gpt2/checkpoint'
import { parseConfig } from '../../src/model/gpt2/config'
import { seededValues } from './seededValues'
import { BYTES_PER_FLOAT, type FloatType, storedFloats } from './storedFloats'

/** The size of GPT-2's smallest: 124 million parameters. */
export const GPT2_124M = {
  model_type: 'gpt2',
  n_layer: 12,
  n_head: 12,
  n_embd: 768,
  n_positions: 1024,
  vocab_size: 50257,
}

export interface SeededGpt2 {
  /** The content of `config.json`. */
  readonly config: object
  readonly type: FloatType
  /** Standard deviation of the weights. Default: that of GPT-2's initialization. */
  readonly deviation?: number
  /** A few dimensions of the residual stream are 20 times larger than the rest, as in trained GPT-2. */
  readonly outliers?: true
  /** Linear stores the weights of a layer as [out, in], where GPT-2 itself has [in, out]. */
  readonly layout?: 'Linear'
  /** Omits every bias of layers and layer norms, as some training code does. */
  readonly biases?: 'absent'
  /** Writes several files of about this many bytes with an index. */
  readonly shardBytes?: number
}

/** The number of outlier dimensions, evenly spaced. */
const OUTLIERS = 4
const OUTLIER_FACTOR = 20
const INITIAL_DEVIATION = 0.02
const GAIN_DEVIATION = 0.1
const CHUNK_ELEMENTS = 1 << 20

interface PlannedTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly elements: number
}

/** Returns the folder `name` in `cache`, after writing the model into it if it does not exist. */
export async function cachedSeededGpt2(cache: string, name: string, model: SeededGpt2): Promise<string> {
  const folder = join(cache, name)
  if (existsSync(folder)) return folder
  const unfinished = join(cache, `${name}.${randomUUID()}`)
  try {
    await writeSeededGpt2(unfinished, model)
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    // Another process may have created it first.
    if (!existsSync(folder)) throw error
  }
  return folder
}

/** Writes `config.json` and the weights into `folder`, a few megabytes at a time. */
export async function writeSeededGpt2(folder: string, model: SeededGpt2): Promise<void> {
  await mkdir(folder, { recursive: true })
  const tensors = [...plannedTensors(model)]
  await writeFile(join(folder, 'config.json'), JSON.stringify(model.config, undefined, 2))
  if (model.shardBytes === undefined) return writeTensors(join(folder, 'model.safetensors'), model, tensors)

  const shards = shardsOf(tensors, model.shardBytes / BYTES_PER_FLOAT[model.type])
  const weightMap: Record<string, string> = {}
  for (const [i, shard] of shards.entries()) {
    const file = `model-${numbered(i + 1)}-of-${numbered(shards.length)}.safetensors`
    for (const { name } of shard) weightMap[name] = file
    await writeTensors(join(folder, file), model, shard)
  }
  const index = { metadata: {}, weight_map: weightMap }
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index, undefined, 2))
}

function* plannedTensors(model: SeededGpt2): Generator<PlannedTensor> {
  for (const [name, shape] of expectedShapes(parseConfig(JSON.stringify(model.config)))) {
    if (model.biases === 'absent' && name.endsWith('.bias')) continue
    const elements = shape.reduce((product, length) => product * length, 1)
    yield { name, shape: isTransposed(model, name) ? shape.toReversed() : shape, elements }
  }
}

function isTransposed({ layout }: SeededGpt2, name: string): boolean {
  return layout === 'Linear' && /\.c_\w+\.weight$/.test(name)
}

function shardsOf(tensors: readonly PlannedTensor[], elementsPerShard: number): PlannedTensor[][] {
  let shard: PlannedTensor[] = []
  const shards = [shard]
  let elements = 0
  for (const tensor of tensors) {
    if (elements > 0 && elements + tensor.elements > elementsPerShard) {
      shard = []
      shards.push(shard)
      elements = 0
    }
    shard.push(tensor)
    elements += tensor.elements
  }
  return shards
}

/** Writes one safetensors file. */
async function writeTensors(
  path: string,
  model: SeededGpt2,
  tensors: readonly PlannedTensor[],
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
  let end = 0
  for (const { name, shape, elements } of tensors) {
    const bytes = elements * BYTES_PER_FLOAT[model.type]
    header[name] = { dtype: model.type, shape, data_offsets: [end, end + bytes] }
    end += bytes
  }
  const json = JSON.stringify(header)
  // The format's own writer pads the header too, so that every tensor is aligned to 8 bytes.
  const headerBytes = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(headerBytes.length))

  const file = await open(path, 'w')
  try {
    await file.write(length)
    await file.write(headerBytes)
    for (const tensor of tensors) await writeTensor(file, model, tensor)
  } finally {
    await file.close()
  }
}

async function writeTensor(
  file: FileHandle,
  model: SeededGpt2,
  { name, shape, elements }: PlannedTensor,
): Promise<void> {
  const weight = seededWeights(model, name)
  const [outputs = 1, inputs = 1] = shape
  const place = isTransposed(model, name)
    ? (i: number) => (i % inputs) * outputs + Math.floor(i / inputs)
    : (i: number) => i
  for (let from = 0; from < elements; from += CHUNK_ELEMENTS) {
    const chunk = new Float64Array(Math.min(CHUNK_ELEMENTS, elements - from))
    for (let i = 0; i < chunk.length; i++) chunk[i] = weight(place(from + i))
    await file.write(storedFloats(model.type, chunk))
  }
}

/** A function from an index in a tensor of GPT-2's own layout to the weight. */
function seededWeights(
  { config, deviation: ofWeights = INITIAL_DEVIATION, outliers }: SeededGpt2,
  name: string,
): (place: number) => number {
  const { nLayer, nEmbd } = parseConfig(JSON.stringify(config))
  const value = seededValues(name)
  if (/ln_\w\.weight$/.test(name)) return (place) => 1 + value(place) * GAIN_DEVIATION
  // The residual stream gets 2 · nLayer of these additions, so they are scaled down (Radford et al. 2019, section 2.3).
  const deviation = name.endsWith('.c_proj.weight') ? ofWeights / Math.sqrt(2 * nLayer) : ofWeights
  if (outliers === undefined || !/^wpe|\.c_proj\./.test(name)) return (place) => value(place) * deviation
  const isOutlier = Array.from({ length: nEmbd }, () => false)
  for (let k = 0; k < OUTLIERS; k++) isOutlier[Math.floor(((2 * k + 1) * nEmbd) / (2 * OUTLIERS))] = true
  return (place) => value(place) * (isOutlier[place % nEmbd] ? OUTLIER_FACTOR * deviation : deviation)
}

function numbered(shard: number): string {
  return String(shard).padStart(5, '0')
}
