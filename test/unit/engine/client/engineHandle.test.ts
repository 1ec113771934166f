import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  createEngine,
  type EngineHandle,
  type EngineWorker,
} from '../../../../src/engine/client/engineHandle'
import { spawnWorker } from '../../../../src/engine/client/spawnWorker'
import {
  CancelledError,
  EngineStoppedError,
  InferenceError,
  InvalidRequestError,
  ModelFilesError,
} from '../../../../src/shared/errors'
import type { EngineState, GenerateRequest } from '../../../../src/shared/contracts/engineApi'
import { NEUTRAL_SAMPLING } from '../../../../src/shared/contracts/samplingSettings'
import { channelPair } from '../../../support/engine/engineChannel'
import { LOADING_LIMIT_MS, MINI, scoreEverything } from '../../../support/engine/engineUnderTest'

const DIST = fileURLToPath(new URL('../../../../dist/', import.meta.url))
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
const LONG = scoreEverything(new Int32Array(512).fill(11))

beforeAll(() => {
  if (!existsSync(`${DIST}engineWorker.js`)) throw new Error('dist/engineWorker.js is missing: npm run build')
})

/** The engine with its real thread; `threads` are those that it has started, `states` what it has told of itself. */
function startable(model = MINI) {
  const threads: EngineWorker[] = []
  const states: EngineState[] = []
  const engine = createEngine(
    () => {
      const thread = spawnWorker({
        model,
        backend: 'wasm',
        threads: 1,
        precision: 'fp32',
        assetsFolder: DIST,
      })
      threads.push(thread)
      return thread
    },
    (state) => states.push(state),
  )
  onTestFinished(() => engine.dispose())
  return { engine, threads, states }
}

describe('The engine’s thread', { timeout: LOADING_LIMIT_MS }, () => {
  it('starts with the first call, and only once', async () => {
    const { engine, threads } = startable()
    expect(threads.length).toBe(0)
    await Promise.all([engine.api.tokenize({ text: 'a' }), engine.api.tokenize({ text: 'b' })])
    await engine.api.tokenize({ text: 'c' })
    expect(threads.length).toBe(1)
  })

  it('answers every method', async () => {
    const { engine } = startable()
    expect((await engine.api.tokenize({ text: 'The language model head' })).tokenIds).toEqual(SENTENCE)
    expect((await engine.api.vocabulary(undefined)).offsets.length).toBe(50258)
    expect(await engine.api.model(undefined)).toMatchObject({ id: 'mini', threads: 1 })
    expect(await engine.api.score(scoreEverything(SENTENCE))).toEqual({ computedPositions: 4 })
    expect((await engine.api.logits({ tokenIds: SENTENCE })).length).toBe(50257)
    expect((await engine.api.generate(GENERATION)).candidates.length).toBe(1)
  })

  it('brings progress before the result', async () => {
    const { engine } = startable()
    const rows: number[] = []
    await engine.api.score(LONG, {
      onProgress: (progress) => {
        if (progress.kind === 'rows') rows.push(progress.rows.firstRow)
      },
    })
    expect(rows).toEqual([0, 64, 128, 192, 256, 320, 384, 448])
  })

  it('brings named errors, and lives on', async () => {
    const { engine, threads } = startable()
    const refused = engine.api.logits({ tokenIds: new Int32Array(0) })
    await expect(refused).rejects.toThrow(InvalidRequestError)
    await engine.api.tokenize({ text: 'a' })
    expect(threads.length).toBe(1)
  })

  it('says where a model’s files are missing', async () => {
    const { engine } = startable({ ...MINI, folder: `${DIST}no-such-model` })
    await expect(engine.api.model(undefined)).rejects.toThrow(ModelFilesError)
    expect((await engine.api.tokenize({ text: 'a' })).tokenIds).toEqual(Int32Array.of(64))
  })

  it('is reached by a cancel while it works', async () => {
    const { engine } = startable()
    const cancel = new AbortController()
    const call = engine.api.score(LONG, {
      signal: cancel.signal,
      onProgress: () => {
        cancel.abort()
      },
    })
    await expect(call).rejects.toThrow(CancelledError)
    const { computedPositions } = await engine.api.score(LONG)
    expect(computedPositions).toBeGreaterThan(0)
  })
})

describe('The engine’s state', { timeout: LOADING_LIMIT_MS }, () => {
  it.each<[string, (engine: EngineHandle) => Promise<unknown>]>([
    ['model', ({ api }) => api.model(undefined)],
    ['generate', ({ api }) => api.generate(GENERATION)],
  ])('is starting while %s loads the model, then ready with it', async (_, call) => {
    const { engine, states } = startable()
    const answered = call(engine)
    const whileLoading = [...states]
    await answered
    await engine.api.model(undefined)
    expect(whileLoading).toEqual([{ kind: 'starting' }])
    expect(states).toMatchObject([{ kind: 'starting' }, { kind: 'ready', model: { id: 'mini' } }])
  })

  it('does not claim a model where a text is only tokenized', async () => {
    const { engine, states } = startable()
    await engine.api.tokenize({ text: 'a' })
    await engine.api.vocabulary(undefined)
    expect(states).toEqual([])
  })

  it('is not changed by a call that is cancelled already, which starts no thread either', async () => {
    const { engine, threads, states } = startable()
    await expect(engine.api.model(undefined, { signal: AbortSignal.abort() })).rejects.toThrow(CancelledError)
    expect([threads, states]).toEqual([[], []])
  })

  it('is failed with the reason where the model cannot be loaded, each time anew', async () => {
    const { engine, states } = startable({ ...MINI, folder: `${DIST}no-such-model` })
    for (let i = 0; i < 2; i++) {
      await expect(engine.api.score(scoreEverything(SENTENCE))).rejects.toThrow(ModelFilesError)
    }
    const failed = { kind: 'failed', message: expect.stringContaining('no-such-model') as string }
    expect(states).toMatchObject([{ kind: 'starting' }, failed, { kind: 'starting' }, failed])
  })

  it('remains failed where the runtime could not load the model and its thread was ended', async () => {
    const states: EngineState[] = []
    const ended: string[] = []
    const engine = createEngine(
      () => {
        const [callersEnd, enginesEnd] = channelPair()
        enginesEnd.onMessage((message) => {
          if (message.type !== 'call') return
          const error = { name: 'InferenceError', message: 'There is no memory.', details: '' }
          enginesEnd.send({ type: 'error', id: message.id, error })
        })
        const terminate = () => Promise.resolve(void ended.push('terminated'))
        return { channel: callersEnd, onStop: () => undefined, terminate }
      },
      (state) => states.push(state),
    )
    await expect(engine.api.model(undefined)).rejects.toThrow(InferenceError)
    expect(states).toEqual([{ kind: 'starting' }, { kind: 'failed', message: 'There is no memory.' }])
    expect(ended).toEqual(['terminated'])
  })

  it('is stopped after a restart, and again after dispose', async () => {
    const { engine, states } = startable()
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
    const { engine, threads, states } = startable()
    await engine.api.model(undefined)
    await threads[0].terminate()
    await expect.poll(() => states.at(-1)).toEqual({ kind: 'stopped' })
  })

  it('is stopped where the thread ends while it loads the model', async () => {
    const { engine, states } = startable()
    const outcome = Promise.allSettled([engine.api.model(undefined)])
    await engine.restart()
    await outcome
    expect(states).toEqual([{ kind: 'starting' }, { kind: 'stopped' }])
  })
})

describe('An engine whose thread has ended', { timeout: LOADING_LIMIT_MS }, () => {
  it('rejects what was pending and starts anew with the next call', async () => {
    const { engine, threads } = startable()
    await engine.api.tokenize({ text: 'a' })
    const pending = [engine.api.model(undefined), engine.api.score(LONG)]
    const outcomes = Promise.allSettled(pending)
    await threads[0].terminate()
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(EngineStoppedError) as Error })
    }
    expect((await engine.api.tokenize({ text: 'a' })).tokenIds).toEqual(Int32Array.of(64))
    expect(threads.length).toBe(2)
  })

  it('by a restart does the same', async () => {
    const { engine, threads } = startable()
    const outcome = Promise.allSettled([engine.api.model(undefined)])
    await engine.restart()
    expect(await outcome).toMatchObject([
      { status: 'rejected', reason: expect.any(EngineStoppedError) as Error },
    ])
    await engine.api.tokenize({ text: 'a' })
    expect(threads.length).toBe(2)
  })

  it('keeps the new thread when the old one’s end becomes known late', async () => {
    const { engine, threads } = startable()
    await engine.api.tokenize({ text: 'a' })
    const restarted = engine.restart()
    await engine.api.tokenize({ text: 'b' })
    await restarted
    await engine.api.tokenize({ text: 'c' })
    expect(threads.length).toBe(2)
  })

  it('by a restart without a thread starts none', async () => {
    const { engine, threads } = startable()
    await engine.restart()
    expect(threads.length).toBe(0)
  })

  it('by dispose rejects what is pending and all that comes later', async () => {
    const { engine, threads } = startable()
    const outcome = Promise.allSettled([engine.api.model(undefined)])
    await engine.dispose()
    expect(await outcome).toMatchObject([
      { status: 'rejected', reason: expect.any(EngineStoppedError) as Error },
    ])
    await expect(engine.api.tokenize({ text: 'a' })).rejects.toThrow(EngineStoppedError)
    expect(threads.length).toBe(1)
  })
})
