import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkLoadable } from '../../../../src/engine/inference/loadModelFolder'
import { checkFits, lackOfMemory } from '../../../../src/engine/inference/memoryLimits'
import { loadCheckpoint } from '../../../../src/engine/inference/model'
import { WASM_RUNTIME } from '../../../../src/engine/runtime/wasm/wasmRuntime'
import type { ByteSource } from '../../../../src/model/formats/byteSource'
import { tensorsOf } from '../../../../src/model/formats/storedTensors'
import { withModelFolder } from '../../../../src/model/folder/modelFolder'
import { openCheckpoint } from '../../../../src/model/gpt2/checkpoint'
import { parseConfig } from '../../../../src/model/gpt2/config'
import { BaselineMemoryError, Fp32OutOfMemoryError, ModelFilesError } from '../../../../src/shared/errors'
import { safetensors } from '../../../support/checkpoints/checkpointBytes'
import {
  storedAs,
  temporaryFolder,
  TINY_CONFIG,
  tinyTensors,
} from '../../../support/checkpoints/checkpointTiny'
import { checkpointHeader, sparseModelFolder } from '../../../support/checkpoints/sparseCheckpoint'

const MODEL = { id: 'large', description: '', fingerprint: 'large' }
const FP32 = {
  backend: 'wasm',
  threads: 1,
  precision: 'fp32',
  openRuntime: () => Promise.resolve(WASM_RUNTIME),
} as const

/** A checkpoint of any size, whose file exists only as a header. */
async function checkpointOf(sizes: object) {
  const config = { ...TINY_CONFIG, n_layer: 1, ...sizes }
  const { bytes, fileSize } = checkpointHeader(config)
  const source: ByteSource = {
    size: fileSize,
    read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
    readNow: () => {
      throw new Error('no weights are read')
    },
    close: () => Promise.resolve(),
  }
  return openCheckpoint(await tensorsOf(source), parseConfig(JSON.stringify(config)))
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

describe('A model beside another one', () => {
  const GPT2 = { id: 'gpt2', parameters: 124_439_808, precision: 'fp32' } as const
  const LARGE = { id: 'gpt2-large', parameters: 774_030_080, precision: 'fp32' } as const
  const INT8 = { precision: 'int8' } as const

  it('is refused if WASM cannot hold both', () => {
    const beside = { ...LARGE, parameters: 1_000_000_000 }

    expect(() => {
      checkFits(GPT2, { backend: 'wasm', beside })
    }).toThrow(
      new BaselineMemoryError(
        'gpt2 (fp32) and gpt2-large (fp32) together need 4.5 GB of memory; WASM can use 4.3 GB. Compare a smaller model, or use int8.',
      ),
    )
  })

  it('is refused if the machine has less free memory than it needs', () => {
    expect(() => {
      checkFits(LARGE, { backend: 'native', beside: GPT2, freeBytes: 2e9 })
    }).toThrow(
      new BaselineMemoryError(
        'gpt2-large (fp32) needs 3.1 GB of memory beside gpt2 (fp32); 2.0 GB are free. Close other programs. Compare a smaller model, or use int8.',
      ),
    )
  })

  it('is refused without the advice to use int8 if both are int8', () => {
    expect(() => {
      checkFits({ ...LARGE, ...INT8 }, { backend: 'native', beside: { ...GPT2, ...INT8 }, freeBytes: 1e9 })
    }).toThrow(/1\.0 GB are free\. Close other programs\. Compare a smaller model\.$/)
  })

  it.each(['native', 'wasm'] as const)('is not refused on %s if both fit', (backend) => {
    expect(() => {
      checkFits(GPT2, { backend, beside: LARGE, freeBytes: 2e9 })
    }).not.toThrow()
  })

  it('is refused by its headers alone', async () => {
    const folder = await sparseModelFolder()
    const location = { id: 'huge', folder, description: '', storage: 'user' } as const

    const checked = checkLoadable(location, { backend: 'wasm', precision: 'fp32', beside: GPT2 })

    await expect(checked).rejects.toThrow(/^huge \(fp32\) and gpt2 \(fp32\) together need 6\.7 GB/)
  })

  it('is refused for lack of memory if the memory cannot be allocated', () => {
    const { message } = lackOfMemory(GPT2, { beside: LARGE })

    expect(message).toBe(
      'gpt2 (fp32) needs 498 MB of memory beside gpt2-large (fp32), more than is available. Compare a smaller model, or use int8.',
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
