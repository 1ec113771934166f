import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type BackendRouter,
  routeBackends,
  type WebGpuEngine,
} from '../../../../src/engine/client/backendRouter'
import { callsOf } from '../../../../src/engine/client/engineCalls'
import type { EngineWorker } from '../../../../src/engine/client/engineHandle'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import type {
  EngineApi,
  EngineMethods,
  EngineState,
  ScoreProgress,
} from '../../../../src/shared/contracts/engineApi'
import {
  CancelledError,
  EngineStoppedError,
  InferenceError,
  InvalidRequestError,
  NonFiniteLogitsError,
  WebGpuUnavailableError,
} from '../../../../src/shared/errors'
import type { ModelInfo } from '../../../../src/shared/contracts/prediction'
import { RpcClient, serveRpc } from '../../../../src/shared/rpc'
import { channelPair } from '../../../support/engine/engineChannel'
import {
  connect,
  freshEngine,
  loadMini,
  LOADING_LIMIT_MS,
  score,
  scoreEverything,
  withWatchedTransformer,
} from '../../../support/engine/engineUnderTest'

/** In chunks of 16 that are five of them. */
const CHUNK_POSITIONS = 16
const REQUEST = scoreEverything(Int32Array.from({ length: 80 }, (_, i) => 40_000 - 17 * i))

let mini: LoadedModel
let expected: Awaited<ReturnType<typeof score>>

beforeAll(async () => {
  mini = await loadMini()
  expected = await score(connect(freshEngine(mini, CHUNK_POSITIONS)), REQUEST)
}, LOADING_LIMIT_MS)

/** A WASM engine that stands for one on the GPU: it can fail in the middle of a request. */
class FakeGpu implements WebGpuEngine {
  readonly model: ModelInfo = { ...mini.info, backend: 'webgpu' }
  readonly runs: Int32Array[]
  readonly api: EngineApi
  /** Called before each run of the transformer, with how many there were before. */
  beforeRun: (runs: number) => void = () => undefined
  isDisposed = false
  private readonly client: RpcClient<EngineMethods>
  private onEnded: (reason: Error) => void = () => undefined

  constructor() {
    const watched = withWatchedTransformer(mini)
    const run = watched.model.transformer.run.bind(watched.model.transformer)
    watched.model.transformer.run = (...chunk) => {
      this.beforeRun(this.runs.length)
      return run(...chunk)
    }
    this.runs = watched.runs
    this.client = new RpcClient(workerOf(watched.model).channel)
    this.api = callsOf(this.client)
  }

  onEnd(listener: (reason: Error) => void): void {
    this.onEnded = listener
  }

  /** By itself. */
  end(reason: Error): void {
    this.client.close(reason)
    this.onEnded(reason)
  }

  dispose(): void {
    this.isDisposed = true
    this.client.close(new EngineStoppedError('It was disposed.'))
  }
}

describe('The engine out of two', { timeout: LOADING_LIMIT_MS }, () => {
  let gpu: FakeGpu
  let wasmModel: LoadedModel
  let wasmRuns: Int32Array[]
  let states: string[]
  let failures: string[]
  let starts: number
  let startWebGpu: () => Promise<WebGpuEngine | undefined>
  let router: BackendRouter

  beforeEach(() => {
    gpu = new FakeGpu()
    const wasm = withWatchedTransformer(mini)
    wasmModel = wasm.model
    wasmRuns = wasm.runs
    states = []
    failures = []
    starts = 0
    startWebGpu = () => Promise.resolve(gpu)
    router = routeBackends({
      spawnWasm: () => workerOf(wasm.model),
      startWebGpu: () => {
        starts++
        return startWebGpu()
      },
      onState: (state) => states.push(stateText(state)),
      onFailure: ({ message }) => failures.push(message),
    })
  })

  it('loads nothing until it is asked, and no GPU to tokenize', async () => {
    await router.api.tokenize({ text: 'a' })

    expect(starts).toBe(0)
  })

  it('answers with WASM while WebGPU gets ready, then with WebGPU', async () => {
    const { promise, resolve } = pending<WebGpuEngine>()
    startWebGpu = () => promise

    expect((await router.api.model(undefined)).backend).toBe('wasm')
    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(gpu.runs).toEqual([])
    resolve(gpu)
    await router.retryWebGpu()
    const runsOfWasm = wasmRuns.length

    expect((await router.api.model(undefined)).backend).toBe('webgpu')
    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(gpu.runs.length).toBeGreaterThan(0)
    expect(wasmRuns.length).toBe(runsOfWasm)
    expect(states).toEqual(['starting', 'ready: wasm', 'ready: webgpu'])
    expect(starts).toBe(1)
  })

  it('stays with WASM for a view that began on it', async () => {
    await router.retryWebGpu()

    await router.api.score({ ...REQUEST, backend: 'wasm' })

    expect(gpu.runs).toEqual([])
  })

  it('loses no row and changes none where WebGPU fails in the middle', async () => {
    await router.retryWebGpu()
    gpu.beforeRun = (runs) => {
      if (runs === 2) throw new InferenceError('The device was lost.')
    }
    const { computedPositions, ...rows } = await score(router.api, REQUEST)
    const { computedPositions: all, ...expectedRows } = expected

    expect(gpu.runs.length).toBe(2)
    expect(computedPositions).toBe(all)
    expect(gpu.isDisposed).toBe(true)
    expect(failures).toEqual(['The device was lost.'])
    for (const [name, column] of Object.entries(expectedRows)) {
      const got = rows[name as keyof typeof rows]
      expect(got.length).toBe(column.length)
      // Rows that are computed in other chunks have other last bits.
      for (const [i, value] of column.entries()) expect(got[i]).toBeCloseTo(value, 3)
    }
    expect((await router.api.model(undefined)).backend).toBe('wasm')
  })

  it('says who went on, where a view is of one backend', async () => {
    await router.retryWebGpu()
    const request = { ...REQUEST, backend: 'webgpu' } as const
    const said: unknown[] = []
    const onProgress = (progress: ScoreProgress) => {
      said.push(progress.kind === 'continued' ? progress.model : progress.kind)
    }
    await router.api.score(request, { onProgress })
    const before = said.splice(0)
    gpu.end(new EngineStoppedError('The device was lost.'))
    await router.api.score(request, { onProgress })

    expect(before).toEqual(Array<string>(5).fill('rows'))
    expect(said).toEqual([mini.info, ...Array<string>(5).fill('rows')])
  })

  it('says it with the first row of the other, whatever becomes of the rest', async () => {
    await router.retryWebGpu()
    gpu.beforeRun = (runs) => {
      if (runs === 2) throw new InferenceError('The device was lost.')
    }
    const cancel = new AbortController()
    const said: string[] = []
    const scored = router.api.score(
      { ...REQUEST, backend: 'webgpu' },
      {
        signal: cancel.signal,
        onProgress: ({ kind }) => {
          if (said.includes('continued')) cancel.abort()
          if (kind !== 'reading') said.push(kind)
        },
      },
    )

    await expect(scored).rejects.toThrow(CancelledError)
    expect(said).toEqual(['rows', 'rows', 'continued', 'rows'])
  })

  it('goes on with WASM where the user wants it so in the middle of a request', async () => {
    await router.retryWebGpu()
    const scored = score(router.api, REQUEST)
    router.backendChanged()
    const { topIds } = await scored

    expect(topIds).toEqual(expected.topIds)
    expect(failures).toEqual([])
  })

  it('tells a failure once, whatever number of requests it meets', async () => {
    await router.retryWebGpu()
    gpu.beforeRun = () => {
      throw new InferenceError('The device was lost.')
    }
    const tokenIds = REQUEST.tokenIds.slice(0, 9)
    const [scored, logits] = await Promise.all([score(router.api, REQUEST), router.api.logits({ tokenIds })])

    expect(scored.topIds).toEqual(expected.topIds)
    expect(logits.length).toBe(50257)
    expect(failures.length).toBe(1)
    expect(states.at(-1)).toBe('ready: wasm')
  })

  it('goes on where the engine ends without having been asked', async () => {
    await router.retryWebGpu()
    gpu.end(new EngineStoppedError('The companion has ended.'))

    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(failures).toEqual(['The companion has ended.'])
    expect(gpu.runs).toEqual([])
  })

  it('leaves requests that are wrong or cancelled as they are', async () => {
    await router.retryWebGpu()
    const cancel = new AbortController()
    const cancelled = router.api.score(REQUEST, {
      signal: cancel.signal,
      onProgress: () => {
        cancel.abort()
      },
    })

    await expect(cancelled).rejects.toThrow(CancelledError)
    await expect(router.api.logits({ tokenIds: new Int32Array(0) })).rejects.toThrow(InvalidRequestError)
    expect(failures).toEqual([])
    expect((await router.api.model(undefined)).backend).toBe('webgpu')
  })

  it('gives WebGPU up for numbers that are none where WASM has them', async () => {
    await router.retryWebGpu()
    gpu.beforeRun = () => {
      throw new NonFiniteLogitsError('The output is not a number.')
    }

    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(failures).toEqual(['The output is not a number.'])
    expect((await router.api.model(undefined)).backend).toBe('wasm')
  })

  it('does not blame the GPU for weights that are damaged', async () => {
    await router.retryWebGpu()
    gpu.beforeRun = () => {
      throw new NonFiniteLogitsError('The output is not a number, on WebGPU.')
    }
    wasmModel.transformer.run = () => {
      throw new NonFiniteLogitsError('The output is not a number, on WASM.')
    }
    const scored = router.api.score(REQUEST)

    await expect(scored).rejects.toThrow(NonFiniteLogitsError)
    await expect(scored).rejects.toThrow('on WASM')
    expect(failures).toEqual([])
    expect((await router.api.model(undefined)).backend).toBe('webgpu')
  })

  it('tells why WebGPU cannot be used, and goes without', async () => {
    startWebGpu = () => Promise.reject(new WebGpuUnavailableError('This window has no GPU.'))
    await router.retryWebGpu()

    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(failures).toEqual(['This window has no GPU.'])
    expect(starts).toBe(1)
  })

  it('says nothing where WebGPU is not there, and looks again when it may have come', async () => {
    startWebGpu = () => Promise.resolve(undefined)
    expect(await router.retryWebGpu()).toBe(false)
    await router.api.model(undefined)
    expect(starts).toBe(1)
    startWebGpu = () => Promise.resolve(gpu)
    router.webGpuMayBeAvailable()
    await router.api.model(undefined)

    expect(await router.retryWebGpu()).toBe(true)
    expect(starts).toBe(2)
    expect((await router.api.model(undefined)).backend).toBe('webgpu')
    expect(failures).toEqual([])
  })

  it('looks again for what was wanted and not there, when it may have come', async () => {
    startWebGpu = () => Promise.reject(new WebGpuUnavailableError('Logitscope GPU is not installed.'))
    await router.retryWebGpu()
    startWebGpu = () => Promise.resolve(gpu)
    router.webGpuMayBeAvailable()
    await router.api.model(undefined)
    await router.api.model(undefined)

    expect(starts).toBe(2)
    expect((await router.api.model(undefined)).backend).toBe('webgpu')
    expect(failures).toEqual(['Logitscope GPU is not installed.'])
  })

  it('leaves it to the user to try again what has crashed', async () => {
    await router.retryWebGpu()
    gpu.end(new EngineStoppedError('The device was lost.'))
    router.webGpuMayBeAvailable()

    expect((await router.api.model(undefined)).backend).toBe('wasm')
    expect(starts).toBe(1)
  })

  it('uses WebGPU again after it was tried anew', async () => {
    await router.retryWebGpu()
    gpu.end(new EngineStoppedError('The device was lost.'))
    gpu = new FakeGpu()
    await router.retryWebGpu()

    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(gpu.runs.length).toBeGreaterThan(0)
  })

  it('does not repeat on WASM what a restart has ended', async () => {
    await router.retryWebGpu()
    const scored = score(router.api, REQUEST)
    const ended = expect(scored).rejects.toThrow(EngineStoppedError)
    await router.restart()

    await ended
    expect(failures).toEqual([])
    expect(wasmRuns).toEqual([])
  })

  it('starts no engine that comes too late', async () => {
    const { promise, resolve } = pending<WebGpuEngine>()
    startWebGpu = () => promise
    const trying = router.retryWebGpu()
    await router.restart()
    resolve(gpu)
    await trying

    expect(gpu.isDisposed).toBe(true)
    expect(states).not.toContain('ready: webgpu')
  })
})

function pending<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

function workerOf(model: LoadedModel): EngineWorker {
  const [callersEnd, enginesEnd] = channelPair()
  serveRpc<EngineMethods>(enginesEnd, freshEngine(model, CHUNK_POSITIONS))
  return { channel: callersEnd, onStop: () => undefined, terminate: () => Promise.resolve() }
}

function stateText(state: EngineState): string {
  return state.kind === 'ready' ? `ready: ${state.model.backend}` : state.kind
}
