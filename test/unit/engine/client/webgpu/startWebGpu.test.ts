import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AcceleratorStart } from '../../../../../src/engine/client/accelerator'
import { callsOf } from '../../../../../src/engine/client/engineCalls'
import type { LoadedModel } from '../../../../../src/engine/inference/model'
import {
  webGpuAccelerator,
  type WebGpuOptions,
  type WebGpuPlace,
} from '../../../../../src/engine/client/webgpu/startWebGpu'
import type { GpuAdapter } from '../../../../../src/shared/contracts/engine/companionApi'
import type { BackendSelfTest } from '../../../../../src/shared/contracts/engine/backendSelfTest'
import type { BackendChoice } from '../../../../../src/shared/contracts/engine/backends'
import type { EngineApi, EngineMethods } from '../../../../../src/shared/contracts/engine/engineApi'
import {
  MalformedAnswerError,
  OutOfMemoryError,
  WebGpuUnavailableError,
} from '../../../../../src/shared/errors'
import type { ModelInfo, Precision } from '../../../../../src/shared/contracts/engine/prediction'
import { RpcClient } from '../../../../../src/shared/rpc'
import {
  engineOrMissing,
  withConstantScores,
  withError,
  withScores,
} from '../../../../support/engine/changedScores'
import { loadMini, LOADING_LIMIT_MS, scoreEverything } from '../../../../support/engine/engineUnderTest'
import type { InThreadWorker } from '../../../../support/engine/inThreadWorker'

const SOFTWARE: GpuAdapter = { name: 'SwiftShader', implementation: 'a browser', isSoftware: true }

/** A self-test that an adapter has passed before. */
const FAST: BackendSelfTest = {
  device: 'a GPU',
  maxDelta: 0,
  meanDelta: 0,
  milliseconds: { wasm: 9, accelerated: 8 },
}

/** The embedded model with constant scores: the LM head would take most of the time. */
let model: LoadedModel

beforeAll(async () => {
  model = withConstantScores(await loadMini())
}, LOADING_LIMIT_MS)

describe('startWebGpu', { timeout: LOADING_LIMIT_MS }, () => {
  let choice: BackendChoice
  let precision: Precision
  let selected: string
  let adapter: GpuAdapter | Error
  let place: WebGpuPlace['kind']
  /** The GPU engine's model; undefined if its files are missing. */
  let onGpu: LoadedModel | undefined
  let spawned: string[]
  let workers: InThreadWorker[]
  let stored: Map<string, BackendSelfTest>
  let lines: string[]
  let wasm: EngineApi

  const spawn = (place: string, loaded: LoadedModel | undefined) => (name: string) => {
    spawned.push(`${name} on ${place}`)
    const worker = engineOrMissing(loaded, model)
    workers.push(worker)
    return worker
  }
  const endedCount = () => workers.filter(({ isTerminated }) => isTerminated).length
  const start = async (): Promise<AcceleratorStart> => {
    const options: WebGpuOptions = {
      choice: () => choice,
      selected: () => ({ model: selected, precision }),
      place: () => ({
        kind: place,
        adapter: () => (adapter instanceof Error ? Promise.reject(adapter) : Promise.resolve(adapter)),
        spawnWebGpu: spawn('the GPU', onGpu),
      }),
      spawnWasm: spawn('WASM', model),
      selfTests: {
        get: ({ name }) => stored.get(name),
        set: ({ name }, selfTest) => stored.set(name, selfTest),
      },
      log: (line) => lines.push(line),
    }
    const device = await webGpuAccelerator(options).find()
    return device.kind === 'found' ? device.start(wasm, new AbortController().signal) : device
  }

  beforeEach(() => {
    choice = 'auto'
    precision = 'fp32'
    selected = 'mini'
    place = 'window'
    adapter = { name: 'a GPU', implementation: 'a browser', isSoftware: false }
    onGpu = { ...model, info: { ...model.info, backend: 'webgpu' } }
    spawned = []
    workers = []
    stored = new Map()
    lines = []
    wasm = callsOf(new RpcClient<EngineMethods>(engineOrMissing(model, model).channel))
  })

  it('compares WebGPU to WASM and logs the difference', async () => {
    const started = modelOf(await start())

    expect(started).toMatchObject({ id: 'mini', backend: 'webgpu', selfTest: { device: 'a GPU' } })
    expect(started?.selfTest?.maxDelta).toBe(0)
    expect(started?.selfTest?.milliseconds.wasm).toBeGreaterThan(0)
    expect(lines[0]).toMatch(
      /^Self-test of WebGPU on a GPU: max \|Δ log-prob\| 0e\+0, \d+ ms where WASM takes \d+\.$/,
    )
  })

  it('compares on the embedded model if another model is selected', async () => {
    selected = 'gpt2'
    await start()

    expect(spawned).toEqual(['mini on the GPU', 'mini on WASM', 'gpt2 on the GPU'])
    expect(endedCount()).toBe(2)
  })

  it('compares once for each adapter', async () => {
    await start()
    await start()
    adapter = { name: 'another GPU', implementation: 'a browser', isSoftware: false }
    await start()

    expect([...stored.keys()]).toEqual(['a GPU', 'another GPU'])
    expect(spawned.length).toBe(5)
  })

  it('rejects without storing the self-test if the numbers differ by more than the tolerance', async () => {
    onGpu = withError('webgpu', model, 0.002)
    const starting = start()

    await expect(starting).rejects.toThrow(WebGpuUnavailableError)
    await expect(starting).rejects.toThrow(
      /^On a GPU, log-probabilities differ from those on WASM by up to .*, more than 1e-3\. Update/,
    )
    expect(stored.size).toBe(0)
    expect(endedCount()).toBe(1)
  })

  it('rejects without storing the self-test if the numbers are NaN', async () => {
    onGpu = withError('webgpu', model, Number.NaN)

    await expect(start()).rejects.toThrow(MalformedAnswerError)
    expect(stored.size).toBe(0)
    expect(endedCount()).toBe(1)
  })

  it('rejects if the right logits belong to other tokens', async () => {
    onGpu = withScores('webgpu', model, (rows) => ({ ...rows, topIds: rows.topIds.map((id) => id + 1) }))

    await expect(start()).rejects.toThrow(WebGpuUnavailableError)
  })

  it('starts if the difference is within the tolerance', async () => {
    onGpu = withError('webgpu', model, 0.0004)

    expect(modelOf(await start())?.selfTest?.maxDelta).toBeCloseTo(0.0004, 5)
  })

  it.each<[string, () => void, string]>([
    [
      'the precision is int8',
      () => (precision = 'int8'),
      'int8 does not run on WebGPU. Run Logitscope: Switch Precision to use WebGPU.',
    ],
    [
      'the window has no GPU',
      () => (adapter = new WebGpuUnavailableError('This window has none.')),
      'This window has none.',
    ],
    [
      'the adapter is software',
      () => (adapter = SOFTWARE),
      'SwiftShader is a software adapter. Set logitscope.backend to webgpu to use it anyway.',
    ],
  ])('does not use WebGPU, with the reason, if %s', async (_, arrange, reason) => {
    arrange()

    await expect(start()).resolves.toEqual({ kind: 'unused', reason })
    expect(spawned).toEqual([])
  })

  it('logs why WebGPU is not used', async () => {
    adapter = new WebGpuUnavailableError('This window has none.')

    await start()

    expect(lines).toEqual(['WebGPU is not used. This window has none.'])
  })

  it('does not use WebGPU if the model is missing, which WASM reports', async () => {
    await start()
    onGpu = undefined

    await expect(start()).resolves.toEqual({ kind: 'unused', reason: 'It is not downloaded.' })
    expect(endedCount()).toBe(2)
  })

  it.each<Partial<ModelInfo>>([
    { id: 'gpt2' },
    { description: 'Another one.' },
    { fingerprint: 'of other files' },
    { remarks: ['padded'] },
    { parameters: 7 },
    { nLayer: 7 },
    { nHead: 7 },
    { nEmbd: 7 },
    { nPositions: 7 },
  ])('rejects a model that differs from that on WASM: %j', async (difference) => {
    await start()
    onGpu = { ...model, info: { ...model.info, backend: 'webgpu', ...difference } }
    const starting = start()

    await expect(starting).rejects.toThrow(MalformedAnswerError)
    await expect(starting).rejects.toThrow(
      `On the GPU, ${Object.keys(difference).join()} of the model differs from that on WASM. Reload the window`,
    )
    expect(endedCount()).toBe(2)
  })

  it('starts with a model that is too large for WASM', async () => {
    wasm = { ...wasm, model: () => Promise.reject(new OutOfMemoryError('It needs 6 GB.')) }

    expect(modelOf(await start())?.id).toBe('mini')
  })

  it('checks the rows of the started engine', async () => {
    await start()
    onGpu = withScores('webgpu', model, (rows) => ({ ...rows, topIds: rows.topIds.map(() => -1) }))
    const started = await start()
    const scored =
      started.kind === 'started' && started.engine.api.score(scoreEverything(Int32Array.of(1, 2)))

    await expect(scored).rejects.toThrow(MalformedAnswerError)
  })

  it('does not check the model and the rows of an engine in its own process', async () => {
    place = 'process'
    stored.set('a GPU', FAST)
    onGpu = {
      ...withScores('webgpu', model, (rows) => ({ ...rows, topIds: rows.topIds.map(() => -1) })),
      info: { ...model.info, backend: 'webgpu', gpuProcess: 'native', parameters: 7 },
    }
    const started = await start()
    const scored =
      started.kind === 'started' && started.engine.api.score(scoreEverything(Int32Array.of(1, 2)))

    expect(modelOf(started)).toMatchObject({ gpuProcess: 'native', selfTest: FAST })
    await expect(scored).resolves.toHaveProperty('computedPositions')
  })

  it.each<[BackendChoice, AcceleratorStart['kind']]>([
    ['auto', 'unused'],
    ['webgpu', 'started'],
  ])('with the choice %s, an adapter that is slower than WASM is %s', async (chosen, kind) => {
    place = 'process'
    choice = chosen
    stored.set('a GPU', { ...FAST, milliseconds: { wasm: 8, accelerated: 9 } })

    expect((await start()).kind).toBe(kind)
  })

  it('says by how much an adapter is slower than WASM', async () => {
    place = 'process'
    stored.set('a GPU', { ...FAST, milliseconds: { wasm: 8, accelerated: 9 } })

    await expect(start()).resolves.toEqual({
      kind: 'unused',
      reason:
        'a GPU is slower than WASM: 9 ms where WASM takes 8. Set logitscope.backend to webgpu to use it anyway.',
    })
  })

  it('rejects if WebGPU is selected and unavailable', async () => {
    choice = 'webgpu'
    adapter = new WebGpuUnavailableError('This window has none.')

    await expect(start()).rejects.toThrow('This window has none.')
  })

  it('uses a software adapter if WebGPU is selected', async () => {
    choice = 'webgpu'
    adapter = SOFTWARE

    expect(modelOf(await start())?.backend).toBe('webgpu')
  })
})

function modelOf(start: AcceleratorStart): ModelInfo | undefined {
  return start.kind === 'started' ? start.engine.model : undefined
}
