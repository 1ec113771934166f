import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadCheckpoint } from '../../../../src/engine/inference/model'
import { WASM_RUNTIME } from '../../../../src/engine/runtime/wasmRuntime'
import type { ByteSource } from '../../../../src/model/formats/byteSource'
import { tensorsOf } from '../../../../src/model/formats/storedTensors'
import { withModelFolder } from '../../../../src/model/folder/modelFolder'
import { expectedShapes, openCheckpoint } from '../../../../src/model/gpt2/checkpoint'
import { parseConfig } from '../../../../src/model/gpt2/config'
import { Fp32OutOfMemoryError, ModelFilesError } from '../../../../src/shared/errors'
import { fileWithHeader, safetensors } from '../../../support/checkpoints/checkpointBytes'
import {
  storedAs,
  temporaryFolder,
  TINY_CONFIG,
  tinyTensors,
} from '../../../support/checkpoints/checkpointTiny'

const MODEL = { id: 'large', description: '', fingerprint: 'large' }
const FP32 = {
  backend: 'wasm',
  threads: 1,
  precision: 'fp32',
  openRuntime: () => Promise.resolve(WASM_RUNTIME),
} as const

/** A checkpoint of any size, whose file exists only as a header. */
async function checkpointOf(sizes: object) {
  const config = parseConfig(JSON.stringify({ ...TINY_CONFIG, n_layer: 1, ...sizes }))
  const header: Record<string, object> = {}
  let end = 0
  for (const [name, shape] of expectedShapes(config)) {
    const start = end
    end += shape.reduce((product, length) => product * length, 4)
    header[name] = { dtype: 'F32', shape, data_offsets: [start, end] }
  }
  const bytes = fileWithHeader(JSON.stringify(header))
  const source: ByteSource = {
    size: bytes.length + end,
    read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
    readNow: () => {
      throw new Error('no weights are read')
    },
    close: () => Promise.resolve(),
  }
  return openCheckpoint(await tensorsOf(source), config)
}

describe('A model that WASM cannot hold', () => {
  it('is refused by the sum of its weights before any of them is read', async () => {
    const loading = loadCheckpoint(await checkpointOf({ n_embd: 1_000_000, n_inner: 4 }), MODEL, FP32)
    await expect(loading).rejects.toThrow(Fp32OutOfMemoryError)
    await expect(loading).rejects.toThrow(/^large needs .* GB of memory, more than is available\.$/)
  })

  it.each([
    ['2.4', 600],
    ['3.6', 900],
  ])('is refused if a tensor has %s GB, which is named', async (gigabytes, nEmbd) => {
    const checkpoint = await checkpointOf({ n_positions: 1_000_000, n_embd: nEmbd })
    const loading = loadCheckpoint(checkpoint, MODEL, FP32)
    await expect(loading).rejects.toThrow(Fp32OutOfMemoryError)
    await expect(loading).rejects.toThrow(
      `wpe.weight of large has ${gigabytes} GB; WASM can load at most 2.1 GB as one tensor.`,
    )
  })
})

describe('A file that is cut off while it is loaded', () => {
  const files = {
    'config.json': JSON.stringify(TINY_CONFIG),
    'model.safetensors': safetensors(storedAs('F32', tinyTensors())),
  }

  it('is named as the reason', async () => {
    const folder = await temporaryFolder(files)
    const loading = withModelFolder(folder, async (checkpoint) => {
      await truncate(join(folder, 'model.safetensors'), 10_000)
      return loadCheckpoint(checkpoint, MODEL, FP32)
    })
    await expect(loading).rejects.toThrow(ModelFilesError)
    await expect(loading).rejects.toThrow('model.safetensors was changed or cannot be read any more')
  })
})
