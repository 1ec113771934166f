import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { BackendRouter } from '../../../../src/engine/client/router/backendRouter'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import type { EngineApi, ScoreProgress } from '../../../../src/shared/contracts/engine/engineApi'
import {
  CancelledError,
  EngineStoppedError,
  InferenceError,
  InvalidRequestError,
  NonFiniteLogitsError,
} from '../../../../src/shared/errors'
import {
  connect,
  freshEngine,
  loadMini,
  LOADING_LIMIT_MS,
  score,
} from '../../../support/engine/engineUnderTest'
import {
  type BackendUnderTest,
  REQUEST,
  RouterUnderTest,
  started,
  STEP_POSITIONS,
} from '../../../support/fakes/routerUnderTest'

const LOST = new InferenceError('The device was lost.')

let mini: LoadedModel
let expected: Awaited<ReturnType<typeof score>>

beforeAll(async () => {
  mini = await loadMini()
  expected = await score(connect(freshEngine(mini, STEP_POSITIONS)), REQUEST)
}, LOADING_LIMIT_MS)

describe('The backend router, if a backend fails', { timeout: LOADING_LIMIT_MS }, () => {
  let tested: RouterUnderTest
  let router: BackendRouter
  let webgpu: BackendUnderTest

  beforeEach(async () => {
    tested = new RouterUnderTest(mini)
    router = tested.router
    webgpu = tested.webgpu
    await router.retry()
  })

  it('delivers every row once if WebGPU fails in the middle of a request', async () => {
    webgpu.failAfter(2, LOST)
    const { computedPositions, ...rows } = await score(router.api, REQUEST)
    const { computedPositions: all, ...expectedRows } = expected

    expect(webgpu.engine.runs.length).toBe(2)
    expect(computedPositions).toBe(all)
    expect(webgpu.engine.isDisposed).toBe(true)
    expect(tested.failures).toEqual(['webgpu → wasm: The device was lost.'])
    for (const [name, column] of Object.entries(expectedRows)) {
      const got = rows[name as keyof typeof rows]
      expect(got.length).toBe(column.length)
      // Steps of another size change the last bits.
      for (const [i, value] of column.entries()) expect(got[i]).toBeCloseTo(value, 3)
    }
    expect(await tested.backend()).toBe('wasm')
  })

  it('reports the continuing model if the requested backend has failed', async () => {
    const request = { ...REQUEST, backend: 'webgpu' } as const
    const said: unknown[] = []
    const onProgress = (progress: ScoreProgress) => {
      said.push(progress.kind === 'continued' ? progress.model : progress.kind)
    }
    await router.api.score(request, { onProgress })
    const before = said.splice(0)
    webgpu.engine.end(new EngineStoppedError('The device was lost.'))
    await router.api.score(request, { onProgress })

    expect(before).toEqual(Array<string>(5).fill('rows'))
    expect(said).toEqual([mini.info, ...Array<string>(5).fill('rows')])
  })

  it('reports the continuing model before its first row, also if the rest is cancelled', async () => {
    webgpu.failAfter(2, LOST)
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
    const scored = score(router.api, REQUEST)
    tested.selected = []
    router.backendChanged()
    const { topIds } = await scored

    expect(topIds).toEqual(expected.topIds)
    expect(tested.failures).toEqual([])
    expect(webgpu.engine.isDisposed).toBe(true)
  })

  it('reports a failure once for several requests', async () => {
    webgpu.failAfter(0, LOST)
    const tokenIds = REQUEST.tokenIds.slice(0, 3)
    const [scored, logits] = await Promise.all([score(router.api, REQUEST), router.api.logits({ tokenIds })])

    expect(scored.topIds).toEqual(expected.topIds)
    expect(logits.length).toBe(50257)
    expect(tested.failures.length).toBe(1)
    expect(tested.states.at(-1)).toBe('ready: wasm')
  })

  it('uses WASM after the engine has ended', async () => {
    webgpu.engine.end(new EngineStoppedError('The companion has ended.'))

    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(tested.failures).toEqual(['webgpu → wasm: The companion has ended.'])
    expect(webgpu.engine.runs).toEqual([])
  })

  it('keeps using WebGPU after requests that were cancelled, or that WASM calls invalid too', async () => {
    const cancel = new AbortController()
    const cancelled = router.api.score(REQUEST, {
      signal: cancel.signal,
      onProgress: () => {
        cancel.abort()
      },
    })

    await expect(cancelled).rejects.toThrow(CancelledError)
    await expect(router.api.logits({ tokenIds: new Int32Array(0) })).rejects.toThrow(InvalidRequestError)
    expect(tested.failures).toEqual([])
    expect(await tested.backend()).toBe('webgpu')
  })

  it('stops using WebGPU if it calls a request invalid that WASM answers', async () => {
    webgpu.failAfter(2, new InvalidRequestError('A target is not a token of the vocabulary.'))

    const { topIds } = await score(router.api, REQUEST)

    expect(topIds).toEqual(expected.topIds)
    expect(tested.failures).toEqual(['webgpu → wasm: A target is not a token of the vocabulary.'])
    expect(webgpu.engine.isDisposed).toBe(true)
  })

  it('stops using WebGPU if its numbers are NaN and those of WASM are not', async () => {
    webgpu.failAfter(0, new NonFiniteLogitsError('The output is NaN.'))

    expect(await score(router.api, REQUEST)).toEqual(expected)
    expect(tested.failures).toEqual(['webgpu → wasm: The output is NaN.'])
    expect(await tested.backend()).toBe('wasm')
  })

  it('keeps using WebGPU if the numbers of WASM are NaN too', async () => {
    webgpu.failAfter(0, new NonFiniteLogitsError('The output is NaN on WebGPU.'))
    tested.wasmModel.transformer.run = () => {
      throw new NonFiniteLogitsError('The output is NaN on WASM.')
    }
    const scored = router.api.score(REQUEST)

    await expect(scored).rejects.toThrow(NonFiniteLogitsError)
    await expect(scored).rejects.toThrow('on WASM')
    expect(tested.failures).toEqual([])
    expect(await tested.backend()).toBe('webgpu')
  })

  it('computes rows on WASM again that its caller did not accept', async () => {
    const engine = freshEngine(mini, STEP_POSITIONS)
    const inThread: EngineApi['score'] = (request, { onProgress = () => undefined } = {}) =>
      engine.score(request, {
        signal: new AbortController().signal,
        onProgress,
        transfer: () => undefined,
      })
    const inThisThread = new RouterUnderTest(mini)
    const fake = inThisThread.webgpu.engine
    inThisThread.webgpu.start = () =>
      Promise.resolve(started(Object.assign(fake, { api: { ...fake.api, score: inThread } })))
    await inThisThread.router.retry()
    const accepted: number[] = []
    await inThisThread.router.api.score(REQUEST, {
      onProgress: (progress) => {
        if (progress.kind !== 'rows') return
        if (progress.rows.firstRow === 4 && !fake.isDisposed) throw new Error('refused')
        accepted.push(progress.rows.firstRow)
      },
    })

    expect(accepted).toEqual([0, 2, 4, 6, 8])
  })
})
