import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AcceleratorStart } from '../../../../src/engine/client/accelerator'
import type { BackendRouter } from '../../../../src/engine/client/router/backendRouter'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import type { ScoreProgress } from '../../../../src/shared/contracts/engine/engineApi'
import {
  CancelledError,
  EngineStoppedError,
  InferenceError,
  NativeUnavailableError,
} from '../../../../src/shared/errors'
import { loadMini, LOADING_LIMIT_MS, score } from '../../../support/engine/engineUnderTest'
import {
  type BackendUnderTest,
  pending,
  REQUEST,
  RouterUnderTest,
  started,
} from '../../../support/fakes/routerUnderTest'

let mini: LoadedModel

beforeAll(async () => {
  mini = await loadMini()
}, LOADING_LIMIT_MS)

describe('The backend router with several backends', { timeout: LOADING_LIMIT_MS }, () => {
  let tested: RouterUnderTest
  let router: BackendRouter
  let webgpu: BackendUnderTest
  let native: BackendUnderTest

  beforeEach(() => {
    tested = new RouterUnderTest(mini)
    router = tested.router
    webgpu = tested.webgpu
    native = tested.native
    tested.selected = ['webgpu', 'native']
    native.isAwaited = true
  })

  afterEach(async () => {
    vi.useRealTimers()
    await router.dispose()
  })

  it('does not start the second backend if the first one is used', async () => {
    await router.retry()

    expect(await tested.backend()).toBe('webgpu')
    expect(native.starts).toBe(0)
  })

  it('starts the second backend if the first one is unused', async () => {
    webgpu.isUnused('This window has no GPU.')

    expect(await router.retry()).toEqual({
      used: 'native',
      unused: [{ backend: 'webgpu', reason: 'This window has no GPU.' }],
    })
    expect(tested.unused).toEqual(['webgpu: This window has no GPU.'])
  })

  it('continues a request on the second backend if the first one fails during it', async () => {
    await router.retry()
    webgpu.failAfter(2, new InferenceError('The device was lost.'))
    const said: string[] = []
    const onProgress = (progress: ScoreProgress) => {
      if (progress.kind === 'continued') said.push(progress.model.backend)
      if (progress.kind === 'rows') said.push('rows')
    }
    await router.api.score({ ...REQUEST, backend: 'webgpu' }, { onProgress })

    expect(said).toEqual(['rows', 'rows', 'native', 'rows', 'rows', 'rows'])
    expect(tested.wasmRuns).toEqual([])
    expect(tested.failures).toEqual(['webgpu → wasm: The device was lost.'])
  })

  it('continues on WASM if the native process ends during a request, and reports it once', async () => {
    tested.selected = ['native']
    await router.retry()
    native.engine.beforeRun = (runs) => {
      if (runs === 2) native.engine.end(new EngineStoppedError('The native engine has ended.'))
    }
    const said: string[] = []
    const onProgress = (progress: ScoreProgress) => {
      said.push(progress.kind === 'continued' ? progress.model.backend : progress.kind)
    }
    await router.api.score({ ...REQUEST, backend: 'native' }, { onProgress })

    expect(said.filter((kind) => kind === 'rows').length).toBe(5)
    expect(said.filter((kind) => kind === 'wasm').length).toBe(1)
    expect(tested.failures).toEqual(['native → wasm: The native engine has ended.'])
  })

  it('waits for a start without a self-test instead of loading the model on WASM', async () => {
    tested.selected = ['native']

    expect(await tested.backend()).toBe('native')
    expect(tested.states).toEqual(['starting', 'ready: native'])
    expect(tested.wasmWorkers).toEqual([])
  })

  it('answers with WASM as soon as the awaited backend cannot be used', async () => {
    webgpu.isUnused('This window has no GPU.')
    native.start = () => Promise.reject(new NativeUnavailableError('It cannot be loaded.'))

    expect(await tested.backend()).toBe('wasm')
    expect(tested.failures).toEqual(['native → wasm: It cannot be loaded.'])
    expect(tested.unused).toEqual(['webgpu: This window has no GPU.', 'native: It cannot be loaded.'])
  })

  it('does not wait for a start with a self-test', async () => {
    tested.selected = ['native']
    native.isAwaited = false
    native.start = () => pending<AcceleratorStart>().promise

    expect(await tested.backend()).toBe('wasm')
  })

  it('does not wait while the model is loaded on WASM', async () => {
    tested.selected = []
    await tested.backend()
    tested.selected = ['native']
    native.start = () => pending<AcceleratorStart>().promise

    expect(await tested.backend()).toBe('wasm')
    expect(native.starts).toBe(1)
  })

  it('ends a waiting call that is cancelled', async () => {
    tested.selected = ['native']
    native.start = () => pending<AcceleratorStart>().promise
    const cancel = new AbortController()
    const asked = router.api.model(undefined, { signal: cancel.signal })
    const ended = expect(asked).rejects.toThrow(CancelledError)
    cancel.abort()

    await ended
    expect(tested.wasmWorkers).toEqual([])
  })

  it('ends waiting calls with a restart, and answers later ones', async () => {
    tested.selected = ['native']
    const first = pending<AcceleratorStart>()
    native.start = () => first.promise
    const ended = expect(router.api.model(undefined)).rejects.toThrow(EngineStoppedError)
    await router.restart()
    await ended
    native.start = () => Promise.resolve(started(native.engine))

    expect(await tested.backend()).toBe('native')
  })

  it('uses native for the rest of a view that it began, also when WebGPU is ready', async () => {
    webgpu.isUnused('This window has no GPU.')
    await router.retry()
    const { find } = new RouterUnderTest(mini).webgpu
    webgpu.find = find
    router.mayBeAvailable('webgpu')
    await router.retry()
    const runs = native.engine.runs.length

    expect(await tested.backend()).toBe('webgpu')
    await router.api.score({ ...REQUEST, backend: 'native' })
    expect(native.engine.runs.length).toBeGreaterThan(runs)
  })

  describe('while native answers', () => {
    beforeEach(async () => {
      tested.selected = ['native']
      native.isAwaited = false
      const { promise, resolve } = pending<AcceleratorStart>()
      native.start = () => promise
      await tested.backend()
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      resolve(started(native.engine))
      await router.retry()
    })

    it('releases the model on WASM some seconds after its last call, and keeps a tokenizer', async () => {
      await vi.advanceTimersByTimeAsync(10_000)
      const { tokenIds } = await router.api.tokenize({ text: 'a' })

      expect(tokenIds).toEqual(Int32Array.of(64))
      expect(tested.wasmWorkers.map(({ isTerminated }) => isTerminated)).toEqual([true, false])
      expect(await tested.backend()).toBe('native')
    })

    it('keeps the model on WASM between two windows of a view that WASM began', async () => {
      await vi.advanceTimersByTimeAsync(9000)
      await router.api.score({ ...REQUEST, backend: 'wasm' })
      await vi.advanceTimersByTimeAsync(9000)

      expect(tested.wasmWorkers.map(({ isTerminated }) => isTerminated)).toEqual([false])
    })

    it('keeps the model on WASM if native fails before it was released', async () => {
      native.engine.end(new EngineStoppedError('The native engine has ended.'))
      await vi.advanceTimersByTimeAsync(20_000)

      expect(tested.wasmWorkers.map(({ isTerminated }) => isTerminated)).toEqual([false])
    })

    it('loads the model on WASM again if native fails after it was released', async () => {
      await vi.advanceTimersByTimeAsync(10_000)
      native.engine.end(new EngineStoppedError('The native engine has ended.'))

      expect((await score(router.api, REQUEST)).topIds.length).toBe(50)
      expect(await tested.backend()).toBe('wasm')
    })
  })

  it('does not release the model on WASM while WebGPU answers', async () => {
    tested.selected = ['webgpu']
    const { promise, resolve } = pending<AcceleratorStart>()
    webgpu.start = () => promise
    await tested.backend()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    resolve(started(webgpu.engine))
    await router.retry()
    await vi.advanceTimersByTimeAsync(20_000)

    expect(tested.wasmWorkers.map(({ isTerminated }) => isTerminated)).toEqual([false])
  })
})
