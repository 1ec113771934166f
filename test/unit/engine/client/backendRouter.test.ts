import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type BackendRouter,
  routeBackends,
  type WebGpuEngine,
  type WebGpuStart,
} from '../../../../src/engine/client/backendRouter'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import type { EngineApi, EngineState, ScoreProgress } from '../../../../src/shared/contracts/engineApi'
import {
  CancelledError,
  EngineStoppedError,
  InferenceError,
  InvalidRequestError,
  NonFiniteLogitsError,
  WebGpuUnavailableError,
} from '../../../../src/shared/errors'
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
import { FakeGpu } from '../../../support/fakes/fakeGpu'

/** The request below takes five steps. */
const STEP_POSITIONS = 2
const REQUEST = scoreEverything(Int32Array.from({ length: 10 }, (_, i) => 40_000 - 17 * i))

let mini: LoadedModel
let expected: Awaited<ReturnType<typeof score>>

beforeAll(async () => {
  mini = await loadMini()
  expected = await score(connect(freshEngine(mini, STEP_POSITIONS)), REQUEST)
}, LOADING_LIMIT_MS)

describe('The backend router', { timeout: LOADING_LIMIT_MS }, () => {
  let gpu: FakeGpu
  let wasmModel: LoadedModel
  let wasmRuns: Int32Array[]
  let states: string[]
  let failures: string[]
  let starts: number
  let startWebGpu: () => Promise<WebGpuStart>
  let router: BackendRouter

  beforeEach(() => {
    gpu = new FakeGpu(mini, STEP_POSITIONS)
    const wasm = withWatchedTransformer(mini)
    wasmModel = wasm.model
    wasmRuns = wasm.runs
    states = []
    failures = []
    starts = 0
    startWebGpu = () => Promise.resolve(started(gpu))
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
    const { promise, resolve } = pending<WebGpuStart>()
    startWebGpu = () => promise

    expect((await router.api.model(undefined)).backend).toBe('wasm')
    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(gpu.runs).toEqual([])
    resolve(started(gpu))
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

  it('keeps using WebGPU after requests that were cancelled, or that WASM calls invalid too', async () => {
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

  it('stops using WebGPU if it calls a request invalid that WASM answers', async () => {
    await router.retryWebGpu()
    gpu.beforeRun = (runs) => {
      if (runs === 2) throw new InvalidRequestError('A target is not a token of the vocabulary.')
    }

    const { topIds } = await score(router.api, REQUEST)

    expect(topIds).toEqual(expected.topIds)
    expect(failures).toEqual(['A target is not a token of the vocabulary.'])
    expect(gpu.isDisposed).toBe(true)
  })

  it('computes rows on WASM again that its caller did not accept', async () => {
    const engine = freshEngine(mini, STEP_POSITIONS)
    const inThread: EngineApi['score'] = (request, { onProgress = () => undefined } = {}) =>
      engine.score(request, {
        signal: new AbortController().signal,
        onProgress,
        transfer: () => undefined,
      })
    startWebGpu = () => Promise.resolve(started(Object.assign(gpu, { api: { ...gpu.api, score: inThread } })))
    await router.retryWebGpu()
    const accepted: number[] = []
    await router.api.score(REQUEST, {
      onProgress: (progress) => {
        if (progress.kind !== 'rows') return
        if (progress.rows.firstRow === 4 && !gpu.isDisposed) throw new Error('refused')
        accepted.push(progress.rows.firstRow)
      },
    })

    expect(accepted).toEqual([0, 2, 4, 6, 8])
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

  it('does not report an unused WebGPU as a failure, and tries again when it may be available', async () => {
    startWebGpu = () => Promise.resolve({ kind: 'unused', reason: 'WASM is selected.' })
    expect(await router.retryWebGpu()).toBe('WASM is selected.')
    await router.api.model(undefined)
    expect(starts).toBe(1)
    startWebGpu = () => Promise.resolve(started(gpu))
    router.webGpuMayBeAvailable()
    await router.api.model(undefined)

    expect(await router.retryWebGpu()).toBeUndefined()
    expect(starts).toBe(2)
    expect((await router.api.model(undefined)).backend).toBe('webgpu')
    expect(failures).toEqual([])
  })

  it('tries again after a missing companion was reported, when WebGPU may be available', async () => {
    startWebGpu = () => Promise.reject(new WebGpuUnavailableError('Logitscope GPU is not installed.'))
    await router.retryWebGpu()
    startWebGpu = () => Promise.resolve(started(gpu))
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
    gpu = new FakeGpu(mini, STEP_POSITIONS)
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
    const { promise, resolve } = pending<WebGpuStart>()
    startWebGpu = () => promise
    const trying = router.retryWebGpu()
    await router.restart()
    resolve(started(gpu))
    await trying

    expect(gpu.isDisposed).toBe(true)
    expect(states).not.toContain('ready: webgpu')
  })
})

function started(engine: WebGpuEngine): WebGpuStart {
  return { kind: 'started', engine }
}

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
