import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../../../../src/engine/worker/engine'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import type { EngineApi, ScoreRequest } from '../../../../src/shared/contracts/engine/engineApi'
import { CancelledError } from '../../../../src/shared/errors'
import {
  connect,
  freshEngine,
  LOADING_LIMIT_MS,
  loadMini,
  scoreEverything,
  withWatchedTransformer,
} from '../../../support/engine/engineUnderTest'
import { referenceText } from '../../../support/reference/referenceTexts'

const STEP = 16
const long = referenceText('long').tokenIds.subarray(0, 8 * STEP)
const short = referenceText('one token +bos').tokenIds

let mini: LoadedModel
beforeAll(async () => {
  mini = await loadMini()
}, LOADING_LIMIT_MS)

describe('A cancelled score', () => {
  it('runs at most one more step', async () => {
    const { model, runs } = withWatchedTransformer(mini)
    const { engine, ended } = withKnownEnds(freshEngine(model, STEP))
    const cancel = new AbortController()
    let runsAtCancel = NaN

    const call = engine.score(scoreEverything(long), {
      signal: cancel.signal,
      onProgress: () => {
        runsAtCancel = runs.length
        cancel.abort()
      },
    })

    await expect(call).rejects.toThrow(CancelledError)
    await Promise.all(ended)
    expect(runsAtCancel).toBeLessThanOrEqual(2)
    expect(runs.length).toBeLessThanOrEqual(runsAtCancel + 1)
  })

  it('delivers no rows after the cancel', async () => {
    const cancel = new AbortController()
    let deliveries = 0
    const running = freshEngine(mini, STEP).score(scoreEverything(long), {
      signal: cancel.signal,
      onProgress: () => {
        deliveries++
        cancel.abort()
      },
      transfer: () => undefined,
    })
    await expect(running).rejects.toThrow(CancelledError)
    expect(deliveries).toBe(1)
  })

  it('leaves its results in the cache for the next request', async () => {
    const engine = connect(freshEngine(mini, STEP))
    const cancelled = scoreUntilFirstRows(engine, scoreEverything(long))
    await cancelled.firstRows
    cancelled.cancel()
    await expect(cancelled.call).rejects.toThrow(CancelledError)
    const { computedPositions } = await engine.score(scoreEverything(long))
    expect(computedPositions).toBeLessThanOrEqual(long.length - STEP)
  })

  it('runs nothing if it was cancelled before it started', async () => {
    const { model, runs } = withWatchedTransformer(mini)
    const engine = connect(freshEngine(model))
    await expect(engine.score(scoreEverything(long), { signal: AbortSignal.abort() })).rejects.toThrow(
      CancelledError,
    )
    await engine.model(undefined)
    expect(runs).toEqual([])
  })
})

describe('An interactive request', () => {
  const tokenIds = beginningWith(5).subarray(0, STEP)

  it.each<[string, (engine: EngineApi) => Promise<unknown>]>([
    ['logits', (engine) => engine.logits({ tokenIds })],
    [
      'an interactive score',
      (engine) => engine.score(scoreEverything(tokenIds, { priority: 'interactive' })),
    ],
  ])('runs between two steps of long scores: %s', async (_, ask) => {
    const { model, runs } = withWatchedTransformer(mini)
    const engine = connect(freshEngine(model, STEP))
    // Each begins with another token, so that none uses the cached rows of another.
    const bulk = [1, 2, 3, 4].map((first) =>
      scoreUntilFirstRows(engine, scoreEverything(beginningWith(first))),
    )
    await Promise.all(bulk.map(({ firstRows }) => firstRows))
    const runsBefore = runs.length

    await ask(engine)

    const own = runs.findIndex((chunk) => chunk[0] === 5)
    expect(own - runsBefore).toBeGreaterThanOrEqual(0)
    expect(runs.length - runsBefore).toBeLessThanOrEqual(2)
    expect(runs.length).toBeLessThan((bulk.length * long.length) / STEP)
    for (const { call } of bulk) await expect(call).resolves.toEqual({ computedPositions: long.length })
  })
})

describe('Twenty requests of which each cancels the previous one', () => {
  /** The same text with another last token each time, as while the user types. */
  const requests = Array.from({ length: 20 }, (_, i) => scoreEverything(Int32Array.of(...long, 1000 + i)))

  it('give one result, and leave no more in memory than one text takes', async () => {
    const { engine, ended } = withKnownEnds(freshEngine(mini, STEP))
    await engine.score(scoreEverything(short))
    const before = await settledArrayBufferBytes()

    const outcomes = await Promise.allSettled(await inARow(engine, requests))
    await Promise.all(ended)

    const reasons = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    )
    expect(reasons).toEqual(Array.from({ length: 19 }, () => expect.any(CancelledError) as unknown))
    expect(outcomes.at(-1)?.status).toBe('fulfilled')
    const { nLayer, nEmbd, nPositions } = mini.info
    const oneText = nPositions * nEmbd * (2 * nLayer + 1) * Float32Array.BYTES_PER_ELEMENT
    await expect.poll(() => arrayBufferBytes() - before).toBeLessThanOrEqual(2 * oneText)
  })

  /** Starts each request after the first rows of the previous one, which it then cancels. */
  async function inARow(engine: EngineApi, all: readonly ScoreRequest[]): Promise<Promise<unknown>[]> {
    const calls: Promise<unknown>[] = []
    let cancelLast = () => {}
    for (const request of all) {
      const started = scoreUntilFirstRows(engine, request)
      cancelLast()
      started.call.catch(() => undefined)
      calls.push(started.call)
      await started.firstRows
      cancelLast = started.cancel
    }
    return calls
  }
})

function beginningWith(first: number): Int32Array {
  return Int32Array.of(first, ...long.subarray(1))
}

/** Starts a score; `firstRows` resolves with its first rows. */
function scoreUntilFirstRows(engine: EngineApi, request: ScoreRequest) {
  const cancel = new AbortController()
  let call: Promise<unknown> | undefined
  const firstRows = new Promise<void>((resolve) => {
    call = engine.score(request, {
      signal: cancel.signal,
      onProgress: ({ kind }) => {
        if (kind === 'rows') resolve()
      },
    })
  })
  if (call === undefined) throw new Error('a promise runs its function at once')
  return {
    call,
    firstRows,
    cancel: () => {
      cancel.abort()
    },
  }
}

/** Connects the engine by RPC; the promises in `ended` resolve when it has stopped working on a score. */
function withKnownEnds(engine: Engine): { engine: EngineApi; ended: Promise<unknown>[] } {
  const ended: Promise<unknown>[] = []
  const connected = connect({
    ...engine,
    score: (request, options) => {
      const running = engine.score(request, options)
      ended.push(running.catch(() => undefined))
      return running
    },
  })
  return { engine: connected, ended }
}

/** After a garbage collection. Another thread frees the memory a little later. */
function arrayBufferBytes(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().arrayBuffers
}

async function settledArrayBufferBytes(): Promise<number> {
  let least = Infinity
  await expect
    .poll(() => {
      const isSettled = arrayBufferBytes() >= least
      least = Math.min(least, arrayBufferBytes())
      return isSettled
    })
    .toBe(true)
  return least
}
