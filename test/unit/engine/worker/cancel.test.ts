import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../../../../src/engine/worker/engine'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import type { EngineApi, ScoreRequest } from '../../../../src/shared/contracts/engineApi'
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

const CHUNK = 16
const long = referenceText('long').tokenIds.subarray(0, 30 * CHUNK)
const short = referenceText('one token +bos').tokenIds

let mini: LoadedModel
beforeAll(async () => {
  mini = await loadMini()
}, LOADING_LIMIT_MS)

describe('A cancelled score', () => {
  it('stops within one chunk after the one that it was cancelled in', async () => {
    const { model, runs } = withWatchedTransformer(mini)
    const { engine, ended } = withKnownEnds(freshEngine(model, CHUNK))
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

  it('gives out no rows after the chunk that it was cancelled in', async () => {
    const cancel = new AbortController()
    let chunks = 0
    const running = freshEngine(mini, CHUNK).score(scoreEverything(long), {
      signal: cancel.signal,
      onProgress: () => {
        chunks++
        cancel.abort()
      },
    })
    await expect(running).rejects.toThrow(CancelledError)
    expect(chunks).toBe(1)
  })

  it('leaves what it has run for the next request', async () => {
    const engine = connect(freshEngine(mini, CHUNK))
    const cancelled = scoreUntilFirstRows(engine, scoreEverything(long))
    await cancelled.firstRows
    cancelled.cancel()
    await expect(cancelled.call).rejects.toThrow(CancelledError)
    const { computedPositions } = await engine.score(scoreEverything(long))
    expect(computedPositions).toBeLessThanOrEqual(long.length - CHUNK)
  })

  it('ends before it begins where it was cancelled already', async () => {
    const { model, runs } = withWatchedTransformer(mini)
    const engine = connect(freshEngine(model))
    await expect(engine.score(scoreEverything(long), { signal: AbortSignal.abort() })).rejects.toThrow(
      CancelledError,
    )
    await engine.model(undefined)
    expect(runs).toEqual([])
  })
})

describe('What a person waits for', () => {
  const request = beginningWith(5).subarray(0, CHUNK)

  it.each<[string, (engine: EngineApi) => Promise<unknown>]>([
    ['logits', (engine) => engine.logits({ tokenIds: request })],
    ['an interactive score', (engine) => engine.score(scoreEverything(request, { priority: 'interactive' }))],
  ])('overtakes long scores between two of their chunks: %s', async (_, ask) => {
    const { model, runs } = withWatchedTransformer(mini)
    const engine = connect(freshEngine(model, CHUNK))
    // Each begins with a token of its own, so that none uses another's work.
    const bulk = [1, 2, 3, 4].map((first) =>
      scoreUntilFirstRows(engine, scoreEverything(beginningWith(first))),
    )
    await Promise.all(bulk.map(({ firstRows }) => firstRows))
    const runsBefore = runs.length

    await ask(engine)

    const own = runs.findIndex((chunk) => chunk[0] === 5)
    expect(own - runsBefore).toBeGreaterThanOrEqual(0)
    expect(runs.length - runsBefore).toBeLessThanOrEqual(2)
    expect(runs.length).toBeLessThan(long.length / CHUNK)
    for (const { call } of bulk) await expect(call).resolves.toEqual({ computedPositions: long.length })
  })
})

describe('Fifty requests in a row, each cancelling the one before', () => {
  /** The same text with another last token each time, as when somebody types. */
  const requests = Array.from({ length: 50 }, (_, i) => scoreEverything(Int32Array.of(...long, 1000 + i)))

  it('leave one result', async () => {
    const engine = connect(freshEngine(mini, CHUNK))
    const outcomes = await Promise.allSettled(await inARow(engine, requests))
    const reasons = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    )
    expect(reasons.length).toBe(49)
    expect(reasons.every((reason) => reason instanceof CancelledError)).toBe(true)
    expect(outcomes.at(-1)?.status).toBe('fulfilled')
  })

  it('hold no more memory in the end than one text takes', async () => {
    const { engine, ended } = withKnownEnds(freshEngine(mini, CHUNK))
    await engine.score(scoreEverything(short))
    const before = await settledArrayBufferBytes()
    await Promise.allSettled(await inARow(engine, requests))
    await Promise.all(ended)
    const { nLayer, nEmbd, nPositions } = mini.info
    const oneText = nPositions * nEmbd * (2 * nLayer + 1) * Float32Array.BYTES_PER_ELEMENT
    await expect.poll(() => arrayBufferBytes() - before).toBeLessThanOrEqual(2 * oneText)
  })

  /** Each begins when the one before has given its first rows, and cancels it. */
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

/** A score that tells when its first rows have come. */
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

/** The engine behind an rpc; `ended` resolve when it has really stopped working on a score. */
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

/** After a garbage collection; what it has found is given back a little later, by another thread. */
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
