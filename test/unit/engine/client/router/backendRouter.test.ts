import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AcceleratorStart } from '../../../../../src/engine/client/accelerator'
import type { BackendRouter } from '../../../../../src/engine/client/router/backendRouter'
import type { LoadedModel } from '../../../../../src/engine/inference/model'
import { EngineStoppedError, WebGpuUnavailableError } from '../../../../../src/shared/errors'
import {
  connect,
  freshEngine,
  loadMini,
  LOADING_LIMIT_MS,
  score,
} from '../../../../support/engine/engineUnderTest'
import {
  type BackendUnderTest,
  pending,
  REQUEST,
  RouterUnderTest,
  started,
  STEP_POSITIONS,
} from '../../../../support/fakes/routerUnderTest'

let mini: LoadedModel
let expected: Awaited<ReturnType<typeof score>>

beforeAll(async () => {
  mini = await loadMini()
  expected = await score(connect(freshEngine(mini, STEP_POSITIONS)), REQUEST)
}, LOADING_LIMIT_MS)

describe('The backend router', { timeout: LOADING_LIMIT_MS }, () => {
  let tested: RouterUnderTest
  let router: BackendRouter
  let webgpu: BackendUnderTest

  beforeEach(() => {
    tested = new RouterUnderTest(mini)
    router = tested.router
    webgpu = tested.webgpu
  })

  it('starts no other backend to tokenize', async () => {
    await router.api.tokenize({ text: 'a' })

    expect(webgpu.starts).toBe(0)
  })

  it('answers with WASM until WebGPU is ready, then with WebGPU', async () => {
    const { promise, resolve } = pending<AcceleratorStart>()
    webgpu.start = () => promise

    expect(await tested.backend()).toBe('wasm')
    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(webgpu.engine.runs).toEqual([])
    resolve(started(webgpu.engine))
    await router.retry()
    const runsOfWasm = tested.wasmRuns.length

    expect(await tested.backend()).toBe('webgpu')
    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(webgpu.engine.runs.length).toBeGreaterThan(0)
    expect(tested.wasmRuns.length).toBe(runsOfWasm)
    expect(tested.states).toEqual(['starting', 'ready: wasm', 'ready: webgpu'])
    expect(webgpu.starts).toBe(1)
  })

  it('uses WASM for the rest of a view that WASM began', async () => {
    await router.retry()

    await router.api.score({ ...REQUEST, backend: 'wasm' })

    expect(webgpu.engine.runs).toEqual([])
  })

  it('starts no backend that is not selected', async () => {
    tested.selected = []

    expect(await router.retry()).toEqual({ used: 'wasm', unused: [] })
    expect(await tested.backend()).toBe('wasm')
    expect(webgpu.starts).toBe(0)
  })

  it('reports why WebGPU cannot be used, and uses WASM', async () => {
    webgpu.cannotBeFound(new WebGpuUnavailableError('This window has no GPU.'))

    expect(await router.retry()).toBeUndefined()
    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(tested.failures).toEqual(['webgpu → wasm: This window has no GPU.'])
    expect(tested.unused).toEqual(['webgpu: This window has no GPU.'])
    expect(webgpu.starts).toBe(1)
  })

  it('does not report an unused WebGPU as a failure, and tries again when it may be available', async () => {
    webgpu.isUnused('This window has no GPU.')
    const outcome = await router.retry()
    await tested.backend()
    expect(outcome).toEqual({
      used: 'wasm',
      unused: [{ backend: 'webgpu', reason: 'This window has no GPU.' }],
    })
    expect(webgpu.starts).toBe(1)
    const { find } = new RouterUnderTest(mini).webgpu
    webgpu.find = find
    router.mayBeAvailable('webgpu')
    await tested.backend()

    expect(await router.retry()).toEqual({ used: 'webgpu', unused: [] })
    expect(webgpu.starts).toBe(2)
    expect(await tested.backend()).toBe('webgpu')
    expect(tested.failures).toEqual([])
    expect(tested.unused).toEqual([])
  })

  it('tries again after a missing companion was reported, when WebGPU may be available', async () => {
    const { find } = webgpu
    webgpu.cannotBeFound(new WebGpuUnavailableError('Logitscope GPU is not installed.'))
    await router.retry()
    webgpu.find = find
    router.mayBeAvailable('webgpu')
    await tested.backend()
    await router.retry()

    expect(webgpu.starts).toBe(2)
    expect(await tested.backend()).toBe('webgpu')
    expect(tested.failures).toEqual(['webgpu → wasm: Logitscope GPU is not installed.'])
  })

  it('does not try again by itself after a crash', async () => {
    await router.retry()
    webgpu.engine.end(new EngineStoppedError('The device was lost.'))
    router.mayBeAvailable('webgpu')

    expect(await tested.backend()).toBe('wasm')
    expect(webgpu.starts).toBe(1)
  })

  it('uses WebGPU again after a successful retry', async () => {
    await router.retry()
    webgpu.engine.end(new EngineStoppedError('The device was lost.'))
    webgpu.replaceEngine()
    await router.retry()

    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(webgpu.engine.runs.length).toBeGreaterThan(0)
  })

  it('does not repeat requests on WASM that a restart has ended', async () => {
    await router.retry()
    const scored = score(router.api, REQUEST)
    const ended = expect(scored).rejects.toThrow(EngineStoppedError)
    await router.restart()

    await ended
    expect(tested.failures).toEqual([])
    expect(tested.wasmRuns).toEqual([])
  })

  it('disposes of an engine that is ready only after a restart', async () => {
    const { promise, resolve } = pending<AcceleratorStart>()
    webgpu.start = () => promise
    const trying = router.retry()
    await router.restart()
    await trying
    resolve(started(webgpu.engine))

    await expect.poll(() => webgpu.engine.isDisposed).toBe(true)
    expect(tested.states).not.toContain('ready: webgpu')
  })

  it('rejects calls after it was disposed of, and starts nothing', async () => {
    await router.dispose()

    await expect(router.api.model(undefined)).rejects.toThrow('The engine was closed.')
    expect(webgpu.starts).toBe(0)
  })
})
