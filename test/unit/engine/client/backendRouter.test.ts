import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type BackendRouter,
  routeBackends,
  type WebGpuEngine,
} from '../../../../src/engine/client/backendRouter'
import { callsOf } from '../../../../src/engine/client/engineCalls'
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
import { RpcClient } from '../../../../src/shared/rpc'
import {
  connect,
  freshEngine,
  loadMini,
  LOADING_LIMIT_MS,
  score,
  scoreEverything,
  withWatchedTransformer,
} from '../../../support/engine/engineUnderTest'
import { InThreadWorker } from '../../../support/engine/inThreadWorker'

/** The request below takes five steps. */
const STEP_POSITIONS = 2
const REQUEST = scoreEverything(Int32Array.from({ length: 10 }, (_, i) => 40_000 - 17 * i))

let mini: LoadedModel
let expected: Awaited<ReturnType<typeof score>>

beforeAll(async () => {
  mini = await loadMini()
  expected = await score(connect(freshEngine(mini, STEP_POSITIONS)), REQUEST)
}, LOADING_LIMIT_MS)

/** A WASM engine in place of one on the GPU. It can fail in the middle of a request. */
class FakeGpu implements WebGpuEngine {
  readonly model: ModelInfo = { ...mini.info, backend: 'webgpu' }
  readonly runs: Int32Array[]
  readonly api: EngineApi
  /** Called before each run of the transformer with the number of runs before it. */
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

  /** Ends the engine as a loss of the device does. */
  end(reason: Error): void {
    this.client.close(reason)
    this.onEnded(reason)
  }

  dispose(): void {
    this.isDisposed = true
    this.client.close(new EngineStoppedError('It was disposed.'))
  }
}

describe('The backend router', { timeout: LOADING_LIMIT_MS }, () => {
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

  it('does not start WebGPU to tokenize', async () => {
    await router.api.tokenize({ text: 'a' })

    expect(starts).toBe(0)
  })

  it('answers with WASM until WebGPU is ready, then with WebGPU', async () => {
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

  it('uses WASM for the rest of a view that WASM began', async () => {
    await router.retryWebGpu()

    await router.api.score({ ...REQUEST, backend: 'wasm' })

    expect(gpu.runs).toEqual([])
  })

  it('delivers every row once if WebGPU fails in the middle of a request', async () => {
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
      // Steps of another size change the last bits.
      for (const [i, value] of column.entries()) expect(got[i]).toBeCloseTo(value, 3)
    }
    expect((await router.api.model(undefined)).backend).toBe('wasm')
  })

  it('reports the continuing model if the requested backend has failed', async () => {
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

  it('reports the continuing model before its first row, also if the rest is cancelled', async () => {
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

  it('continues a request on WASM if the user selects another backend during it', async () => {
    await router.retryWebGpu()
    const scored = score(router.api, REQUEST)
    router.backendChanged()
    const { topIds } = await scored

    expect(topIds).toEqual(expected.topIds)
    expect(failures).toEqual([])
  })

  it('reports a failure once for several requests', async () => {
    await router.retryWebGpu()
    gpu.beforeRun = () => {
      throw new InferenceError('The device was lost.')
    }
    const tokenIds = REQUEST.tokenIds.slice(0, 3)
    const [scored, logits] = await Promise.all([score(router.api, REQUEST), router.api.logits({ tokenIds })])

    expect(scored.topIds).toEqual(expected.topIds)
    expect(logits.length).toBe(50257)
    expect(failures.length).toBe(1)
    expect(states.at(-1)).toBe('ready: wasm')
  })

  it('uses WASM after the WebGPU engine has ended', async () => {
    await router.retryWebGpu()
    gpu.end(new EngineStoppedError('The companion has ended.'))

    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(failures).toEqual(['The companion has ended.'])
    expect(gpu.runs).toEqual([])
  })

  it('does not repeat invalid or cancelled requests on WASM', async () => {
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

  it('stops using WebGPU if its numbers are NaN and those of WASM are not', async () => {
    await router.retryWebGpu()
    gpu.beforeRun = () => {
      throw new NonFiniteLogitsError('The output is NaN.')
    }

    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(failures).toEqual(['The output is NaN.'])
    expect((await router.api.model(undefined)).backend).toBe('wasm')
  })

  it('keeps using WebGPU if the numbers of WASM are NaN too', async () => {
    await router.retryWebGpu()
    gpu.beforeRun = () => {
      throw new NonFiniteLogitsError('The output is NaN on WebGPU.')
    }
    wasmModel.transformer.run = () => {
      throw new NonFiniteLogitsError('The output is NaN on WASM.')
    }
    const scored = router.api.score(REQUEST)

    await expect(scored).rejects.toThrow(NonFiniteLogitsError)
    await expect(scored).rejects.toThrow('on WASM')
    expect(failures).toEqual([])
    expect((await router.api.model(undefined)).backend).toBe('webgpu')
  })

  it('reports why WebGPU cannot be used, and uses WASM', async () => {
    startWebGpu = () => Promise.reject(new WebGpuUnavailableError('This window has no GPU.'))
    await router.retryWebGpu()

    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(failures).toEqual(['This window has no GPU.'])
    expect(starts).toBe(1)
  })

  it('reports nothing if WebGPU is unavailable, and tries again when it may be available', async () => {
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

  it('tries again after a missing companion was reported, when WebGPU may be available', async () => {
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

  it('does not try again by itself after a crash', async () => {
    await router.retryWebGpu()
    gpu.end(new EngineStoppedError('The device was lost.'))
    router.webGpuMayBeAvailable()

    expect((await router.api.model(undefined)).backend).toBe('wasm')
    expect(starts).toBe(1)
  })

  it('uses WebGPU again after a successful retry', async () => {
    await router.retryWebGpu()
    gpu.end(new EngineStoppedError('The device was lost.'))
    gpu = new FakeGpu()
    await router.retryWebGpu()

    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(gpu.runs.length).toBeGreaterThan(0)
  })

  it('does not repeat requests on WASM that a restart has ended', async () => {
    await router.retryWebGpu()
    const scored = score(router.api, REQUEST)
    const ended = expect(scored).rejects.toThrow(EngineStoppedError)
    await router.restart()

    await ended
    expect(failures).toEqual([])
    expect(wasmRuns).toEqual([])
  })

  it('disposes of a WebGPU engine that is ready only after a restart', async () => {
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

function workerOf(model: LoadedModel): InThreadWorker {
  return new InThreadWorker(freshEngine(model, STEP_POSITIONS))
}

function stateText(state: EngineState): string {
  return state.kind === 'ready' ? `ready: ${state.model.backend}` : state.kind
}
