import { existsSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  createEngine,
  type EngineHandle,
  type EngineWorker,
} from '../../../../src/engine/client/engineHandle'
import { spawnWorker } from '../../../../src/engine/client/spawn/spawnWorker'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import { Engine } from '../../../../src/engine/worker/engine'
import {
  BaselineMemoryError,
  CancelledError,
  EngineStoppedError,
  InferenceError,
  InvalidRequestError,
  ModelFilesError,
} from '../../../../src/shared/errors'
import {
  type EngineState,
  type GenerateRequest,
  NO_TARGET,
} from '../../../../src/shared/contracts/engine/engineApi'
import { NEUTRAL_SAMPLING } from '../../../../src/shared/contracts/engine/samplingSettings'
import { LOADING_LIMIT_MS, loadMini, MINI, scoreEverything } from '../../../support/engine/engineUnderTest'
import { fixedSteps } from '../../../support/engine/fixedSteps'
import { InThreadWorker } from '../../../support/engine/inThreadWorker'
import { DIST } from '../../../support/engine/loadModel'
import { hashEngine } from '../../../support/fakes/hashEngine'
import { loadTokenizer } from '../../../support/texts/loadTokenizer'

const SENTENCE = Int32Array.of(464, 3303, 2746, 1182)
const GENERATION: GenerateRequest = {
  tokenIds: SENTENCE,
  typed: new Uint8Array(0),
  typedTokenIds: new Int32Array(0),
  candidates: 1,
  maxTokens: 2,
  maxLines: 1,
  minProbability: 0,
  sampling: { ...NEUTRAL_SAMPLING, temperature: 0 },
  seed: 1,
}
const REJECTED = { status: 'rejected', reason: expect.any(EngineStoppedError) as Error }

describe('An engine in a thread', { timeout: LOADING_LIMIT_MS }, () => {
  const threads: EngineWorker[] = []
  const engine = createEngine(() => {
    const thread = spawnWorker({
      model: MINI,
      backend: 'wasm',
      threads: 1,
      precision: 'fp32',
      assetsFolder: DIST,
    })
    threads.push(thread)
    return thread
  })

  beforeAll(() => {
    if (!existsSync(`${DIST}engineWorker.js`))
      throw new Error('dist/engineWorker.js is missing: npm run build')
  })
  afterAll(() => engine.dispose())

  it('answers every method', async () => {
    expect((await engine.api.tokenize({ text: 'The language model head' })).tokenIds).toEqual(SENTENCE)
    expect((await engine.api.vocabulary(undefined)).offsets.length).toBe(50258)
    expect(await engine.api.model(undefined)).toMatchObject({ id: 'mini', threads: 1 })
    expect(await engine.api.score(scoreEverything(SENTENCE))).toHaveProperty('computedPositions')
    expect((await engine.api.logits({ tokenIds: SENTENCE })).length).toBe(50257)
    expect((await engine.api.generate(GENERATION)).candidates.length).toBe(1)
  })

  it('reports progress before the result', async () => {
    const rows: number[] = []
    await engine.api.score(scoreEverything(new Int32Array(150).fill(11)), {
      onProgress: (progress) => {
        if (progress.kind === 'rows') rows.push(progress.rows.firstRow)
      },
    })
    expect(rows).toEqual([0, 64, 128])
  })

  it('rejects with named errors and keeps running', async () => {
    const invalid = engine.api.logits({ tokenIds: new Int32Array(0) })
    await expect(invalid).rejects.toThrow(InvalidRequestError)
    expect((await engine.api.logits({ tokenIds: SENTENCE })).length).toBe(50257)
  })

  it('receives a cancel while it works', async () => {
    const tokenIds = new Int32Array(512).fill(12)
    const cancel = new AbortController()
    const call = engine.api.score(scoreEverything(tokenIds), {
      signal: cancel.signal,
      onProgress: () => {
        cancel.abort()
      },
    })
    await expect(call).rejects.toThrow(CancelledError)
    const lastRow = { firstRow: 511, targets: Int32Array.of(NO_TARGET) }
    const { computedPositions } = await engine.api.score(scoreEverything(tokenIds, lastRow))
    expect(computedPositions).toBeGreaterThan(0)
  })

  it('rejects pending calls after a crash, and starts a new thread with the next call', async () => {
    await engine.restart()
    const threadsBefore = threads.length
    await engine.api.tokenize({ text: 'a' })
    const outcomes = Promise.allSettled([
      engine.api.model(undefined),
      engine.api.score(scoreEverything(SENTENCE)),
    ])
    await threads.at(-1)?.terminate()
    expect(await outcomes).toMatchObject([REJECTED, REJECTED])
    expect((await engine.api.tokenize({ text: 'a' })).tokenIds).toEqual(Int32Array.of(64))
    expect(threads.length - threadsBefore).toBe(2)
  })
})

/** An engine without a thread; `workers` are those that it has started, `states` those that it has reported. */
function inThisThread(loadModel: () => Promise<LoadedModel> = loadMini) {
  const workers: InThreadWorker[] = []
  const states: EngineState[] = []
  const engine = createEngine(
    () => {
      const worker = new InThreadWorker(
        new Engine({
          loadModel,
          checkBaseline: () => Promise.resolve(),
          loadBaseline: loadModel,
          loadTokenizer,
          createStepPolicy: fixedSteps(64),
          nextMacrotask: () => setImmediate(),
        }),
      )
      workers.push(worker)
      return worker
    },
    (state) => states.push(state),
  )
  onTestFinished(() => engine.dispose())
  return { engine, workers, states }
}

const withoutModel = () => Promise.reject(new ModelFilesError('The model is missing.'))

describe('An engine', { timeout: LOADING_LIMIT_MS }, () => {
  it('starts one worker with the first call', async () => {
    const { engine, workers } = inThisThread()
    expect(workers.length).toBe(0)
    await Promise.all([engine.api.tokenize({ text: 'a' }), engine.api.tokenize({ text: 'b' })])
    await engine.api.tokenize({ text: 'c' })
    expect(workers.length).toBe(1)
  })

  it('tokenizes although the model is missing', async () => {
    const { engine } = inThisThread(withoutModel)
    await expect(engine.api.model(undefined)).rejects.toThrow(ModelFilesError)
    expect((await engine.api.tokenize({ text: 'a' })).tokenIds).toEqual(Int32Array.of(64))
  })
})

describe('An engine that refuses a second model', () => {
  it('keeps its worker, because nothing of that model is in memory', async () => {
    const refusal = new BaselineMemoryError('Compare a smaller model.')
    const worker = new InThreadWorker({ ...hashEngine(), checkBaseline: () => Promise.reject(refusal) })
    const engine = createEngine(() => worker)
    onTestFinished(() => engine.dispose())

    await expect(engine.api.checkBaseline({ location: MINI, precision: 'fp32' })).rejects.toThrow(
      BaselineMemoryError,
    )

    expect(worker.isTerminated).toBe(false)
  })
})

describe('The engine’s state', { timeout: LOADING_LIMIT_MS }, () => {
  it.each<[string, (engine: EngineHandle) => Promise<unknown>]>([
    ['model', ({ api }) => api.model(undefined)],
    ['generate', ({ api }) => api.generate(GENERATION)],
  ])('is starting while %s loads the model, then ready', async (_, call) => {
    const { engine, states } = inThisThread()
    const answered = call(engine)
    const whileLoading = [...states]
    await answered
    await engine.api.model(undefined)
    expect(whileLoading).toEqual([{ kind: 'starting' }])
    expect(states).toMatchObject([{ kind: 'starting' }, { kind: 'ready', model: { id: 'mini' } }])
  })

  it('stays stopped if a text is only tokenized', async () => {
    const { engine, states } = inThisThread()
    await engine.api.tokenize({ text: 'a' })
    await engine.api.vocabulary(undefined)
    expect(states).toEqual([])
  })

  it('is not changed by a call that is already cancelled, which starts no worker either', async () => {
    const { engine, workers, states } = inThisThread()
    await expect(engine.api.model(undefined, { signal: AbortSignal.abort() })).rejects.toThrow(CancelledError)
    expect([workers, states]).toEqual([[], []])
  })

  it('is `failed`, with the reason, after every attempt to load a missing model', async () => {
    const { engine, states } = inThisThread(withoutModel)
    for (let i = 0; i < 2; i++) {
      await expect(engine.api.score(scoreEverything(SENTENCE))).rejects.toThrow(ModelFilesError)
    }
    const failed = { kind: 'failed', message: 'The model is missing.' }
    expect(states).toEqual([{ kind: 'starting' }, failed, { kind: 'starting' }, failed])
  })

  it('stays failed after the runtime could not load the model and the worker was terminated', async () => {
    const { engine, workers, states } = inThisThread(() =>
      Promise.reject(new InferenceError('Loading failed.')),
    )
    await expect(engine.api.model(undefined)).rejects.toThrow(InferenceError)
    expect(states).toEqual([{ kind: 'starting' }, { kind: 'failed', message: 'Loading failed.' }])
    expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([true])
  })

  it('is stopped after a restart and after dispose', async () => {
    const { engine, states } = inThisThread()
    await engine.api.model(undefined)
    await engine.restart()
    await engine.api.model(undefined)
    await engine.dispose()
    expect(states.map(({ kind }) => kind)).toEqual([
      'starting',
      'ready',
      'stopped',
      'starting',
      'ready',
      'stopped',
    ])
  })

  it('is stopped after a crash', async () => {
    const { engine, workers, states } = inThisThread()
    await engine.api.model(undefined)
    workers.at(-1)?.crash(new Error('the thread crashed'))
    expect(states.at(-1)).toEqual({ kind: 'stopped' })
  })

  it('is stopped if the worker ends while it loads the model', async () => {
    const { engine, states } = inThisThread()
    const outcome = Promise.allSettled([engine.api.model(undefined)])
    await engine.restart()
    await outcome
    expect(states).toEqual([{ kind: 'starting' }, { kind: 'stopped' }])
  })
})

describe('An engine whose worker has ended', { timeout: LOADING_LIMIT_MS }, () => {
  it('by a restart rejects pending calls and starts a new worker with the next call', async () => {
    const { engine, workers } = inThisThread()
    const outcome = Promise.allSettled([engine.api.model(undefined)])
    await engine.restart()
    expect(await outcome).toMatchObject([REJECTED])
    await engine.api.tokenize({ text: 'a' })
    expect(workers.length).toBe(2)
  })

  it('keeps the new worker when the end of the old one is reported late', async () => {
    const { engine, workers } = inThisThread()
    await engine.api.tokenize({ text: 'a' })
    const restarted = engine.restart()
    await engine.api.tokenize({ text: 'b' })
    await restarted
    await engine.api.tokenize({ text: 'c' })
    expect(workers.length).toBe(2)
  })

  it('by a restart before the first call starts no worker', async () => {
    const { engine, workers } = inThisThread()
    await engine.restart()
    expect(workers.length).toBe(0)
  })

  it('by dispose rejects pending and later calls', async () => {
    const { engine, workers } = inThisThread()
    const outcome = Promise.allSettled([engine.api.model(undefined)])
    await engine.dispose()
    expect(await outcome).toMatchObject([REJECTED])
    await expect(engine.api.tokenize({ text: 'a' })).rejects.toThrow(EngineStoppedError)
    expect(workers.length).toBe(1)
  })
})
