// Each transition of a session, and each that its state refuses.

import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { InspectionRun } from '../../../../../src/features/inspect/session/inspectionRun'
import { SessionStateError } from '../../../../../src/features/inspect/session/sessionState'
import type { Baseline } from '../../../../../src/shared/contracts/panel/comparison'
import { elementAt } from '../../../../../src/shared/elementAt'
import { OutOfMemoryError } from '../../../../../src/shared/errors'
import { settled } from '../../../../support/panel/fakeSessionWork'
import { finishedRun } from '../../../../support/panel/finishedRun'
import { preparedRun, SessionUnderTest, trackedRequest } from '../../../../support/panel/sessionUnderTest'

const QUESTION = {
  kind: 'longRun',
  documentName: 'a.txt',
  tokens: 9000,
  seconds: 60,
  hasVisiblePart: true,
} as const
const INT8: Baseline = { kind: 'model', id: 'mini', precision: 'int8' }

let finished: InspectionRun
let test: SessionUnderTest

beforeAll(async () => {
  finished = await finishedRun({ ranges: 1 })
})

beforeEach(() => {
  test = new SessionUnderTest()
})

describe('a request', () => {
  it('is in preparation until its tokens are known, and says what is being done', async () => {
    const { session } = test
    void test.inspect(trackedRequest())
    expect(session.requested).toMatchObject({ kind: 'preparing', note: 'Loading the model…' })
    expect([session.shown.kind, session.isActive]).toEqual(['empty', true])

    test.preparations.newest.input.note('Tokenizing the text…')
    expect(session.requested).toMatchObject({ kind: 'preparing', note: 'Tokenizing the text…' })

    test.preparations.newest.finish(preparedRun(finished, 'a'))
    await settled()
    expect([session.requested.kind, session.shown.kind]).toEqual(['none', 'running'])
    expect(test.updates.at(-1)).toEqual({ type: 'show', how: 'started', before: undefined })
  })

  it('asks a question, and is prepared further when it is answered', async () => {
    const { session } = test
    void test.inspect(trackedRequest())
    const answered = test.preparations.newest.input.ask(QUESTION)
    expect(session.requested).toMatchObject({ kind: 'asking', question: QUESTION })

    session.answer('visiblePart')

    expect(await answered).toBe('visiblePart')
    expect(session.requested.kind).toBe('preparing')
  })

  it('with an open question ends when it is dismissed', async () => {
    void test.inspect(trackedRequest())
    const answered = test.preparations.newest.input.ask(QUESTION)

    test.session.giveUp()

    await expect(answered).rejects.toThrow('Cancelled')
    expect(test.session.requested.kind).toBe('none')
  })

  it('inspects another subject after the answer, and releases the one before', () => {
    const [whole, part] = [trackedRequest(), trackedRequest()]
    void test.inspect(whole)

    test.preparations.newest.input.retarget(part.subject)

    expect([whole.releases(), part.releases()]).toEqual([1, 0])
    expect(test.session.latest?.subject).toBe(part.subject)
  })

  it('that fails is kept for Run Again, and leaves the shown run as it is', async () => {
    await showRun('a')
    const request = trackedRequest()
    const inspected = test.inspect(request)

    test.preparations.newest.fail(new OutOfMemoryError('no memory'))
    await inspected

    const { session } = test
    expect(session.requested).toMatchObject({ kind: 'failed', failure: { remedies: ['selectModel'] } })
    expect(session.latest?.subject).toBe(request.subject)
    expect([session.run?.inspection.id, session.isActive]).toEqual(['a', false])
    expect(test.work.errors).toEqual(['The inspection failed'])
  })

  it('that is cancelled leaves the shown run as it is, also if its tokens are found later', async () => {
    await showRun('a')
    const request = trackedRequest()
    const inspected = test.inspect(request)

    test.session.cancel()
    test.preparations.newest.finish(preparedRun(finished, 'b'))
    await inspected

    expect(test.session.requested.kind).toBe('none')
    expect(test.session.run?.inspection.id).toBe('a')
    expect(request.releases()).toBe(1)
    expect(test.work.errors).toEqual([])
  })

  it('is replaced by a newer one, whose results are shown whichever is prepared first', async () => {
    const first = test.inspect(trackedRequest())
    void test.inspect(trackedRequest())
    const [older, newer] = test.preparations.all
    newer?.finish(preparedRun(finished, 'newer'))
    older?.finish(preparedRun(finished, 'older'))
    await first
    await settled()

    expect(test.session.run?.inspection.id).toBe('newer')
    expect(test.work.scores.all).toHaveLength(1)
  })

  it('keeps the subject that it shares with the failed one before', async () => {
    const request = trackedRequest()
    const failed = test.inspect(request)
    test.preparations.newest.fail(new Error('offline'))
    await failed

    void test.inspect(request)

    expect(request.releases()).toBe(0)
  })

  it('without an editor is refused with the reason until it is dismissed', () => {
    test.session.refuse({ kind: 'noEditor' })
    expect(test.session.requested).toEqual({ kind: 'refused', refusal: { kind: 'noEditor' } })

    test.session.giveUp()

    expect(test.session.requested).toEqual({ kind: 'none' })
  })
})

describe('the shown run', () => {
  it('grows with its predictions and ends when all are known', async () => {
    const { inspected } = await startRun('a')
    score(3)
    expect(test.session.run?.inspection.sections[0]?.predictions).toHaveLength(3)
    expect(test.replica).toEqual(test.session.run?.inspection)

    test.work.scores.newest.finish()
    await inspected

    expect(test.session.shown).toMatchObject({
      kind: 'ended',
      run: { inspection: { state: { kind: 'done' } } },
    })
    expect(test.session.canContinue).toBe(false)
  })

  it('keeps its results if it fails, and names the failure', async () => {
    const { inspected } = await startRun('a')
    score(2)

    test.work.scores.newest.fail(new OutOfMemoryError('no memory'))
    await inspected

    const { inspection } = shownRun()
    expect(inspection.state).toMatchObject({ kind: 'failed', remedies: ['useInt8', 'selectModel'] })
    expect(inspection.sections[0]?.predictions).toHaveLength(2)
  })

  it('can be continued after it was cancelled, with the results that it has', async () => {
    await startRun('a')
    score(2)
    test.session.cancel()
    expect(shownRun().inspection.state).toEqual({ kind: 'cancelled' })
    expect(test.session.canContinue).toBe(true)

    void test.continue()
    test.preparations.newest.finish(finished)
    await settled()

    expect(test.updates.at(-1)).toMatchObject({ type: 'show', how: 'continued' })
    expect(test.work.scores.newest.input.run.inspection).toMatchObject({
      id: 'a',
      state: { kind: 'running' },
    })
    expect(test.work.scores.newest.input.run.inspection.sections[0]?.predictions).toHaveLength(2)
  })

  it('takes the time of both its parts if it was continued', async () => {
    await startRun('a')
    test.session.cancel()
    const { seconds } = shownRun()
    void test.continue()
    test.preparations.newest.finish(finished)
    await settled()
    await settled()
    test.session.cancel()

    expect(seconds).toBeGreaterThan(0)
    expect(shownRun().seconds).toBeGreaterThan(seconds)
  })

  it('is cancelled before another one takes its place, and its subject is released', async () => {
    const request = trackedRequest()
    void test.inspect(request)
    test.preparations.newest.finish(preparedRun(finished, 'a'))
    await settled()
    const before = test.updates.length

    void test.inspect(trackedRequest())
    test.preparations.newest.finish(preparedRun(finished, 'b'))
    await settled()

    expect(test.updates.slice(before)).toMatchObject([
      { type: 'request' },
      { type: 'setState', inspectionId: 'a', state: { kind: 'cancelled' } },
      { type: 'show', how: 'started', before: { inspection: { id: 'a' } } },
    ])
    expect(request.releases()).toBe(1)
  })

  it('does not take predictions that arrive after it has ended', async () => {
    await startRun('a')
    test.session.cancel()

    score(2)

    expect(shownRun().inspection.sections[0]?.predictions).toHaveLength(0)
  })

  it('follows its document when that is renamed', async () => {
    await showRun('a')

    test.session.moveDocument({ documentUri: 'file:///b.txt', documentName: 'b.txt' })

    expect(shownRun().inspection).toMatchObject({ documentUri: 'file:///b.txt', documentName: 'b.txt' })
    expect(test.replica).toEqual(shownRun().inspection)
  })

  it('can be one that an earlier window has stored', () => {
    test.session.restore(trackedRequest(), finished)

    expect(test.session.shown.kind).toBe('ended')
    expect(test.updates).toEqual([{ type: 'show', how: 'restored', before: undefined }])
  })

  it('and its request stop when the model changes, and their results stay', async () => {
    await startRun('a')
    void test.inspect(trackedRequest())

    test.session.suspend()

    expect(test.session.requested.kind).toBe('none')
    expect(shownRun().inspection.state).toEqual({ kind: 'cancelled' })
  })
})

describe('a session in a state that does not have the transition refuses', () => {
  it.each<[string, () => void]>([
    [
      'an answer without a question',
      () => {
        test.session.answer('all')
      },
    ],
    [
      'to cancel without work',
      () => {
        test.session.cancel()
      },
    ],
    [
      'to cancel a comparison that is not in progress',
      () => {
        test.session.comparison.cancel()
      },
    ],
    [
      'to end a comparison that it does not have',
      () => {
        test.session.comparison.end()
      },
    ],
  ])('%s', (_, transition) => {
    expect(transition).toThrow(SessionStateError)
    expect(test.updates).toEqual([])
  })

  it('to continue a run that has all its results', async () => {
    await showRun('a')
    await expect(test.continue()).rejects.toThrow(SessionStateError)
  })

  it('to compare without a shown run', async () => {
    await expect(test.session.comparison.start(INT8)).rejects.toThrow(SessionStateError)
  })

  it('to restore a run in place of a shown one', async () => {
    await showRun('a')
    expect(() => {
      test.session.restore(trackedRequest(), finished)
    }).toThrow(SessionStateError)
    expect(test.session.run?.inspection.id).toBe('a')
  })
})

it('two sessions do not affect each other', async () => {
  const other = new SessionUnderTest()
  await showRun('a')

  void other.inspect(trackedRequest())

  expect([test.session.isActive, other.session.isActive]).toEqual([false, true])
  expect(other.session.run).toBeUndefined()
})

it('a disposed session stops its work, releases its subjects and sends no further updates', async () => {
  const request = trackedRequest()
  void test.inspect(request)
  test.preparations.newest.finish(preparedRun(finished, 'a'))
  await settled()
  const before = test.updates.length

  test.session.dispose()

  expect(test.work.scores.active).toEqual([])
  expect(request.releases()).toBe(1)
  expect(test.updates).toHaveLength(before)
})

/** A run whose tokens are being scored; the promise is that of the request. */
async function startRun(id: string): Promise<{ readonly inspected: Promise<void> }> {
  const inspected = test.inspect(trackedRequest())
  test.preparations.newest.finish(preparedRun(finished, id))
  await settled()
  return { inspected }
}

async function showRun(id: string): Promise<void> {
  const { inspected } = await startRun(id)
  test.work.scores.newest.finish()
  await inspected
}

/** The newest work scores the first tokens. */
function score(count: number): void {
  const predictions = [...elementAt(finished.inspection.sections, 0).predictions].slice(0, count)
  test.work.scores.newest.input.listener.onPredictions?.(0, predictions)
}

function shownRun(): InspectionRun {
  const { run } = test.session
  if (run === undefined) throw new Error('a run is shown')
  return run
}
