// Seeded GPT-2 models of a few dimensions with the full vocabulary.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { LoadedModel } from '../../../src/engine/inference/model'
import { expectedShapes } from '../../../src/model/gpt2/checkpoint'
import { parseConfig } from '../../../src/model/gpt2/config'
import { elementAt } from '../../../src/shared/elementAt'
import type { Precision } from '../../../src/shared/contracts/engine/prediction'
import { loadModel } from '../engine/loadModel'
import { float16Bytes, float32Bytes, safetensors, type StoredTensor } from './checkpointBytes'

export const TINY_CONFIG = {
  model_type: 'gpt2',
  n_layer: 2,
  n_head: 2,
  n_embd: 8,
  n_positions: 16,
  vocab_size: 50257,
}

export interface Tensor {
  readonly shape: readonly number[]
  readonly values: Float64Array
}
export type Tensors = ReadonlyMap<string, Tensor>

/** All tensors that `config` requires; every value is a multiple of 2⁻¹⁰, which F16 and F32 represent exactly. */
export function tinyTensors(config: object = TINY_CONFIG, seed = 1): Tensors {
  const normal = normalNumbers(seed)
  return new Map(
    [...expectedShapes(parseConfig(JSON.stringify(config)))].map(([name, shape]) => {
      const isGain = /ln_\w\.weight$/.test(name)
      const values = Float64Array.from({ length: shape.reduce((product, n) => product * n, 1) }, () =>
        exactly((isGain ? 1 : 0) + normal() * 0.3),
      )
      return [name, { shape, values }]
    }),
  )
}

/** A copy of the tensors in which the first value of one tensor is replaced. */
export function damaged(tensors: Tensors, name: string, value: number): Tensors {
  const { shape, values } = tensorOf(tensors, name)
  const changed = values.slice()
  changed[0] = value
  return new Map(tensors).set(name, { shape, values: changed })
}

export function tensorOf(tensors: Tensors, name: string): Tensor {
  const tensor = tensors.get(name)
  if (tensor === undefined) throw new Error(`the tensor ${name} is missing`)
  return tensor
}

export function storedAs(dtype: 'F32' | 'F16', tensors: Tensors): Map<string, StoredTensor> {
  const toBytes = dtype === 'F32' ? float32Bytes : float16Bytes
  return new Map(
    [...tensors].map(([name, { shape, values }]) => [name, { dtype, shape, bytes: toBytes(values) }]),
  )
}

/** The same model in the layout of PyTorch's Linear layers: the weights of layers are [out, in]. */
export function inLinearLayout(tensors: ReadonlyMap<string, StoredTensor>): Map<string, StoredTensor> {
  return new Map(
    [...tensors].map(([name, tensor]) => [name, /\.c_\w+\.weight$/.test(name) ? transposed(tensor) : tensor]),
  )
}

/** Transposes an F32 matrix. */
function transposed({ dtype, shape, bytes }: StoredTensor): StoredTensor {
  const [rows = NaN, columns = NaN] = shape
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, rows * columns)
  const result = values.map((_, i) => elementAt(values, (i % rows) * columns + Math.floor(i / rows)))
  return { dtype, shape: [columns, rows], bytes: float32Bytes(result) }
}

/** A folder that is removed after the current test. */
export async function temporaryFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'logitscope-checkpoint-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  return folder
}

/** Writes a checkpoint to disk and loads it as the engine's worker does. */
export async function loadTiny(
  tensors: ReadonlyMap<string, StoredTensor>,
  config: object = TINY_CONFIG,
  precision: Precision = 'fp32',
): Promise<LoadedModel> {
  const folder = await temporaryFolder({
    'config.json': JSON.stringify(config),
    'model.safetensors': safetensors(tensors),
  })
  return loadModel({ id: 'tiny', folder, description: 'A tiny model.', storage: 'user' }, { precision })
}

function exactly(value: number): number {
  return Math.round(value * 1024) / 1024
}

/** Box–Muller over a linear congruential generator: the same numbers on every machine. */
function normalNumbers(seed: number): () => number {
  let state = seed
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}
