import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  CheckSession,
  type Checked,
  type CheckRequest,
} from '../../../../src/features/check/session/checkSession'
import { type FileVersion, WATCH_INTERVAL_MS } from '../../../../src/features/check/session/logitsWatch'
import { parseStoredCheck, type StoredCheck } from '../../../../src/features/check/session/storedCheck'
import type { CheckActivity, ShownCheck } from '../../../../src/shared/contracts/check/checkProtocol'
import { defectResult, equalResult } from '../../../support/check/checkResults'

const SUBJECT = { uri: 'file:///homework/logits.npz', text: 'The quick brown fox' }
const VERSION: FileVersion = { mtime: 1, size: 100 }

class Setup {
  version: FileVersion | undefined = VERSION
  outcome: () => Promise<Checked> = () => Promise.resolve(checked(equalResult))
  readonly requests: CheckRequest[] = []
  readonly shown: ShownCheck[] = []
  readonly activities: CheckActivity[] = []
  readonly saved: StoredCheck[] = []

  session(stored?: StoredCheck): CheckSession {
    return new CheckSession({
      subject: SUBJECT,
      fileName: 'logits.npz',
      ...(stored && { stored }),
      version: () => Promise.resolve(this.version),
      check: (request) => {
        this.requests.push(request)
        return this.outcome()
      },
      isIncomplete: () => false,
      describeFailure: (error) => ({ kind: 'failed', message: String(error), actions: ['showLog'] }),
      onShow: (check) => this.shown.push(check),
      onActivity: (activity) => this.activities.push(activity),
      save: (saved) => this.saved.push(saved),
    })
  }
}

function checked(result: Checked['result'], change: Partial<Checked> = {}): Checked {
  return { result, model: 'mini', offer: null, ...change }
}

describe('A session of Check My GPT-2', () => {
  let setup: Setup
  let session: CheckSession

  beforeEach(() => {
    vi.useFakeTimers()
    setup = new Setup()
    session = setup.session()
  })

  afterEach(() => {
    session.dispose()
    vi.useRealTimers()
  })

  /** Lets the watch see the file and check it. */
  async function checkOnce(): Promise<void> {
    await vi.advanceTimersByTimeAsync(2 * WATCH_INTERVAL_MS)
  }

  it('shows the result of the file', async () => {
    session.start()
    await checkOnce()
    expect(setup.shown.at(-1)).toMatchObject({ activity: { kind: 'watching' }, result: equalResult })
  })

  it('shows the steps of the check', async () => {
    setup.outcome = () => {
      setup.requests.at(-1)?.onStep('Trying mistakes', { done: 2, total: 5 })
      return Promise.resolve(checked(equalResult))
    }
    session.start()
    await checkOnce()
    expect(setup.activities).toContainEqual({
      kind: 'checking',
      step: 'Trying mistakes',
      done: 2,
      total: 5,
    })
  })

  it('lists the verdicts of all writes, newest first', async () => {
    session.start()
    await checkOnce()
    setup.version = { mtime: 2, size: 100 }
    setup.outcome = () => Promise.resolve(checked(defectResult('no-ln-f')))
    await checkOnce()
    expect(setup.shown.at(-1)?.history.map(({ verdict }) => verdict)).toEqual(['defect', 'equal'])
  })

  it('begins the next check with the reference model of the last one', async () => {
    session.start()
    await checkOnce()
    setup.version = { mtime: 2, size: 100 }
    await checkOnce()
    expect(setup.requests.map(({ model }) => model)).toEqual([null, 'mini'])
  })

  it('chooses the reference model again when the user asks for another check', async () => {
    session.start()
    await checkOnce()
    session.checkAgain()
    await checkOnce()
    expect(setup.requests.map(({ model }) => model)).toEqual([null, null])
  })

  it('keeps the last result when a later check fails, and says what to do', async () => {
    session.start()
    await checkOnce()
    setup.version = { mtime: 2, size: 100 }
    setup.outcome = () => Promise.reject(new Error('no array'))
    await checkOnce()
    expect(session.shown).toMatchObject({
      activity: { kind: 'failed', message: 'Error: no array', actions: ['showLog'] },
      result: equalResult,
    })
  })

  it('does not show the result of a cancelled check', async () => {
    let finish: (result: Checked) => void = () => undefined
    setup.outcome = () => new Promise((resolve) => (finish = resolve))
    session.start()
    await checkOnce()
    session.cancel()
    finish(checked(equalResult))
    await checkOnce()
    expect(session.shown).toMatchObject({ activity: { kind: 'cancelled' }, result: null })
  })

  it('compares the next write with an earlier run on request, and only that one', async () => {
    session.start()
    await checkOnce()
    session.awaitSecondRun('file:///storage/firstRun')
    for (const mtime of [2, 3]) {
      setup.version = { mtime, size: 100 }
      await checkOnce()
    }
    expect(setup.requests.map(({ firstRun }) => firstRun)).toEqual([null, 'file:///storage/firstRun', null])
  })

  it('is restored after a reload without another check of the same file', async () => {
    session.start()
    await checkOnce()
    const stored = parseStoredCheck(structuredClone(setup.saved.at(-1)))
    const restored = setup.session(stored)
    restored.start()
    await checkOnce()
    restored.dispose()
    expect([setup.requests.length, restored.shown.result]).toEqual([1, equalResult])
  })

  it('checks a file that was written while the window was closed', async () => {
    session.start()
    await checkOnce()
    session.dispose()
    setup.version = { mtime: 3, size: 100 }
    const restored = setup.session(setup.saved.at(-1))
    restored.start()
    await checkOnce()
    restored.dispose()
    expect(setup.requests).toHaveLength(2)
  })

  it('is not restored from the state of another version of the extension', () => {
    expect(parseStoredCheck({ format: 0, subject: SUBJECT })).toBeUndefined()
  })
})
