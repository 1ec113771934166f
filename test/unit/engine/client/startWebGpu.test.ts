import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { callsOf } from '../../../../src/engine/client/engineCalls'
import type { EngineWorker } from '../../../../src/engine/client/engineHandle'
import { LmHead } from '../../../../src/engine/inference/lmHead'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import { startWebGpu, type WebGpuOptions } from '../../../../src/engine/client/startWebGpu'
import type { GpuAdapter } from '../../../../src/shared/contracts/companionApi'
import type { BackendCheck, BackendChoice } from '../../../../src/shared/contracts/backendCheck'
import type { EngineApi, EngineMethods } from '../../../../src/shared/contracts/engineApi'
import { ModelFilesError, WebGpuUnavailableError } from '../../../../src/shared/errors'
import type { Precision } from '../../../../src/shared/contracts/prediction'
import { RpcClient, serveRpc } from '../../../../src/shared/rpc'
import { channelPair } from '../../../support/engine/engineChannel'
import { freshEngine, loadMini, LOADING_LIMIT_MS } from '../../../support/engine/engineUnderTest'

const SOFTWARE: GpuAdapter = { name: 'SwiftShader', browser: 'a browser', isSoftware: true }

let mini: LoadedModel

beforeAll(async () => {
  mini = await loadMini()
}, LOADING_LIMIT_MS)

describe('WebGPU, before it is used', { timeout: LOADING_LIMIT_MS }, () => {
  let choice: BackendChoice
  let precision: Precision
  let model: string
  let adapter: GpuAdapter | Error
  /** Undefined where its files are not there. */
  let onGpu: LoadedModel | undefined
  let spawned: string[]
  let ended: number
  let kept: Map<string, BackendCheck>
  let lines: string[]
  let wasm: EngineApi

  const spawn = (place: string, loaded: LoadedModel | undefined) => (name: string) => {
    spawned.push(`${name} on ${place}`)
    return workerOf(loaded, () => ended++)
  }
  const start = () => {
    const parts: WebGpuOptions = {
      choice: () => choice,
      selected: () => ({ model, precision }),
      adapter: () => (adapter instanceof Error ? Promise.reject(adapter) : Promise.resolve(adapter)),
      spawnWebGpu: spawn('the GPU', onGpu),
      spawnWasm: spawn('WASM', mini),
      checks: {
        get: ({ name }) => kept.get(name),
        set: ({ name }, check) => kept.set(name, check),
      },
      log: (line) => lines.push(line),
    }
    return startWebGpu(parts, wasm, new AbortController().signal)
  }

  beforeEach(() => {
    choice = 'auto'
    precision = 'fp32'
    model = 'mini'
    adapter = { name: 'a GPU', browser: 'a browser', isSoftware: false }
    onGpu = { ...mini, info: { ...mini.info, backend: 'webgpu' } }
    spawned = []
    ended = 0
    kept = new Map()
    lines = []
    wasm = callsOf(new RpcClient<EngineMethods>(workerOf(mini, () => undefined).channel))
  })

  it('is compared to WASM, and says how far it is off', async () => {
    const engine = await start()

    expect(engine?.model).toMatchObject({ id: 'mini', backend: 'webgpu', check: { adapter: 'a GPU' } })
    expect(engine?.model.check?.maxDelta).toBe(0)
    expect(engine?.model.check?.milliseconds.wasm).toBeGreaterThan(0)
    expect(lines[0]).toMatch(
      /^Checked WebGPU on a GPU: max \|Δ log-prob\| 0e\+0, \d+ ms where WASM takes \d+\.$/,
    )
  })

  it('is compared on the embedded model, whatever is selected', async () => {
    model = 'gpt2'
    await start()

    expect(spawned).toEqual(['mini on the GPU', 'mini on WASM', 'gpt2 on the GPU'])
    expect(ended).toBe(2)
  })

  it('is compared once on an adapter', async () => {
    await start()
    await start()
    adapter = { name: 'another GPU', browser: 'a browser', isSoftware: false }
    await start()

    expect([...kept.keys()]).toEqual(['a GPU', 'another GPU'])
    expect(spawned.length).toBe(5)
  })

  it.each([
    ['off by more than the tolerance', 0.002],
    ['not a number', Number.NaN],
  ])('is not used where it is %s, and is asked again the next time', async (_, error) => {
    onGpu = withError(mini, error)

    await expect(start()).rejects.toThrow(WebGpuUnavailableError)
    await expect(start()).rejects.toThrow('On this GPU (a GPU) log-probabilities are off by up to')
    expect(kept.size).toBe(0)
    expect(ended).toBe(2)
  })

  it('is not used where the right logits belong to other tokens', async () => {
    onGpu = withScores(mini, (rows) => ({ ...rows, topIds: rows.topIds.map((id) => id + 1) }))

    await expect(start()).rejects.toThrow(WebGpuUnavailableError)
  })

  it('is used where it is off by less', async () => {
    onGpu = withError(mini, 0.0004)

    expect((await start())?.model.check?.maxDelta).toBeCloseTo(0.0004, 5)
  })

  it.each<[string, () => void]>([
    ['WASM is wanted', () => (choice = 'wasm')],
    ['the precision is int8', () => (precision = 'int8')],
    ['there is no GPU', () => (adapter = new WebGpuUnavailableError('This window has none.'))],
    ['the GPU is only software', () => (adapter = SOFTWARE)],
  ])('is left alone without a word to the user where %s', async (_, arrange) => {
    arrange()

    await expect(start()).resolves.toBeUndefined()
    expect(spawned).toEqual([])
  })

  it('leaves it to WASM to say that the model is not there', async () => {
    await start()
    onGpu = undefined

    await expect(start()).resolves.toBeUndefined()
    expect(ended).toBe(2)
  })

  it('is missed where it is wanted and not there', async () => {
    choice = 'webgpu'
    adapter = new WebGpuUnavailableError('This window has none.')

    await expect(start()).rejects.toThrow('This window has none.')
  })

  it('may be software where it is wanted', async () => {
    choice = 'webgpu'
    adapter = SOFTWARE

    expect((await start())?.model.backend).toBe('webgpu')
  })
})

/** Every log-sum-exp is wrong by so much. */
function withError(model: LoadedModel, error: number): LoadedModel {
  return withScores(model, (rows) => ({ ...rows, logSumExp: rows.logSumExp.map((sum) => sum + error) }))
}

type Scores = Awaited<ReturnType<LmHead['score']>>

function withScores(model: LoadedModel, change: (scores: Scores) => Scores): LoadedModel {
  const lmHead = Object.create(model.lmHead) as LmHead
  lmHead.score = async (...request) => change(await LmHead.prototype.score.apply(model.lmHead, request))
  return { ...model, lmHead }
}

function workerOf(model: LoadedModel | undefined, onTerminate: () => void): EngineWorker {
  const [callersEnd, enginesEnd] = channelPair()
  const engine = freshEngine(model ?? mini)
  const missing = () => Promise.reject(new ModelFilesError('It is not downloaded.'))
  serveRpc<EngineMethods>(enginesEnd, model === undefined ? { ...engine, model: missing } : engine)
  return {
    channel: callersEnd,
    onStop: () => undefined,
    terminate: () => {
      onTerminate()
      return Promise.resolve()
    },
  }
}
