import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  InferenceError,
  NonFiniteLogitsError,
  WebGpuLostError,
  WebGpuUnavailableError,
} from '../../src/shared/errors'
import type { RpcClient } from '../../src/shared/rpc'
import { safetensors } from '../support/checkpoints/checkpointBytes'
import {
  damaged,
  storedAs,
  type Tensors,
  TINY_CONFIG,
  tinyTensors,
} from '../support/checkpoints/checkpointTiny'
import { score, scoreEverything } from '../support/engine/engineUnderTest'
import type { LoadRequest, WorkerMethods } from '../support/engine/workerUnderTest'
import { engineOf, webGpuUnderTest } from './webGpuUnderTest'

const TOKENS = Int32Array.of(464, 3303, 2746, 464, 50256, 11)
const MANY_LAYERS = { ...TINY_CONFIG, n_layer: 3 }

const browser = webGpuUnderTest()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logitscope-webgpu-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('A device that is lost', () => {
  it('during a request rejects it and every later call with WebGpuLostError', async () => {
    const worker = await loaded()
    await worker.call('freshEngine', { stepPositions: 1, destroyDeviceAfterStep: true })
    const engine = engineOf(worker)
    const scoring = engine.score(scoreEverything(TOKENS))
    await expect(scoring).rejects.toThrow(WebGpuLostError)
    await expect(engine.logits({ tokenIds: TOKENS })).rejects.toThrow(WebGpuLostError)
  })

  it('is noticed while no request runs', async () => {
    const worker = await loaded()
    const lost = worker.call('lost', undefined)
    await worker.call('damageDevice', 'destroy')
    expect(await lost).toBe('WebGpuLostError')
  })
})

describe('A device that refuses an operation', () => {
  it('is not used again, because its numbers would be wrong', async () => {
    const worker = await loaded()
    await worker.call('damageDevice', 'refuse')
    await expect(engineOf(worker).logits({ tokenIds: TOKENS })).rejects.toThrow(InferenceError)
    expect(await worker.call('lost', undefined)).toBe('InferenceError')
  })
})

describe('A machine', () => {
  it.each<LoadRequest>([{ lacks: 'adapter' }, { lacks: 'navigator.gpu' }])(
    'without WebGPU rejects with WebGpuUnavailableError: %o',
    async (request) => {
      await expect(loaded(request)).rejects.toThrow(WebGpuUnavailableError)
    },
  )

  it('with limits too small for wte gives the same numbers from several pieces', async () => {
    const tokens = Int32Array.of(0, 20_000, 50_256, 33_333, 16_384, 16_383)
    const whole = await score(engineOf(await loaded()), scoreEverything(tokens))
    // wte is 50,257 · 8 · 4 bytes; these are 16,384 of its rows.
    const limits = { maxStorageBufferBindingSize: 16_384 * 8 * 4 }
    expect(await score(engineOf(await loaded({ limits })), scoreEverything(tokens))).toEqual(whole)
  })
})

describe('The engine on the GPU', () => {
  it.each([
    ['h.1.mlp.c_fc.weight', 'from block 1 on'],
    ['wte.weight', 'from the LM head on'],
  ])('names the place of a weight that is NaN: %s', async (name, place) => {
    const worker = await loaded({}, damaged(tinyTensors(MANY_LAYERS), name, NaN), MANY_LAYERS)
    const scoring = engineOf(worker).score(scoreEverything(TOKENS))
    await expect(scoring).rejects.toThrow(NonFiniteLogitsError)
    await expect(scoring).rejects.toThrow(place)
  })

  it('ranks the lower id first among equal logits of the whole vocabulary', async () => {
    const tensors = new Map(tinyTensors())
    for (const name of ['ln_f.weight', 'ln_f.bias'])
      tensors.set(name, { shape: [TINY_CONFIG.n_embd], values: new Float64Array(TINY_CONFIG.n_embd) })
    const worker = await loaded({}, tensors)
    const { topIds } = await score(engineOf(worker), scoreEverything(TOKENS.subarray(0, 1), { topK: 40 }))
    expect(topIds).toEqual(Array.from({ length: 40 }, (_, id) => id))
  })
})

let models = 0

/** A worker that has loaded a tiny model. */
async function loaded(
  request: LoadRequest = {},
  tensors: Tensors = tinyTensors(),
  config: object = TINY_CONFIG,
): Promise<RpcClient<WorkerMethods>> {
  const modelFolder = await mkdtemp(join(folder, `model-${models++}-`))
  await writeFile(join(modelFolder, 'config.json'), JSON.stringify(config))
  await writeFile(join(modelFolder, 'model.safetensors'), safetensors(storedAs('F32', tensors)))
  const worker = await browser.open(modelFolder)
  await worker.call('load', request)
  return worker
}
