// Requests, answers, cancels, comparisons and late results in any order, compared with a small model of the states.

import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import type { InspectionRun } from '../../../../../src/features/inspect/session/inspectionRun'
import { SessionStateError } from '../../../../../src/features/inspect/session/sessionState'
import type { Baseline } from '../../../../../src/shared/contracts/panel/comparison'
import { elementAt } from '../../../../../src/shared/elementAt'
import { settled } from '../../../../support/panel/fakeSessionWork'
import { finishedRun } from '../../../../support/panel/finishedRun'
import { preparedRun, SessionUnderTest, trackedRequest } from '../../../../support/panel/sessionUnderTest'

const INT8: Baseline = { kind: 'model', id: 'mini', precision: 'int8' }
const QUESTION = { kind: 'longRun', documentName: 'a', tokens: 1, seconds: 9, hasVisiblePart: false } as const

/** The expected state of a session: no more than the kinds of its states. */
interface Model {
  request: 'none' | 'refused' | 'preparing' | 'asking' | 'failed'
  /** Whether the request continues the shown run. */
  continues: boolean
  shown: 'empty' | 'running' | 'done' | 'cancelled' | 'failed'
  comparison: 'none' | 'waiting' | 'preparing' | 'running' | 'ended'
  /** Whether the next run has the baseline of the shown one. */
  keepsBaseline: boolean
}

const hasJob = ({ request }: Model) => request === 'preparing' || request === 'asking'
const isComparing = ({ comparison }: Model) => ['waiting', 'preparing', 'running'].includes(comparison)

/** An action and its effect on the model; `false` if the session refuses it with a SessionStateError. */
interface Action {
  readonly act: (test: SessionUnderTest) => void | Promise<void>
  readonly expected: (model: Model) => Partial<Model> | false
}

let finished: InspectionRun
beforeAll(async () => {
  finished = await finishedRun({ ranges: 1 })
})

let id = 0

function endedRun(model: Model, shown: 'done' | 'cancelled' | 'failed'): Partial<Model> {
  if (model.shown !== 'running') return {}
  const waited = model.comparison === 'waiting'
  return { shown, ...(waited && { comparison: shown === 'done' ? 'preparing' : 'ended' }) }
}

/** The model once its request is dropped. */
function dropped(model: Model): Partial<Model> {
  return hasJob(model) ? { request: 'none' } : {}
}

const ACTIONS: Record<string, Action> = {
  inspect: {
    act: (test) => void test.inspect(trackedRequest()),
    expected: () => ({ request: 'preparing', continues: false }),
  },
  refuse: {
    act: (test) => {
      test.session.refuse({ kind: 'noEditor' })
    },
    expected: () => ({ request: 'refused' }),
  },
  giveUp: {
    act: (test) => {
      test.session.giveUp()
    },
    expected: () => ({ request: 'none' }),
  },
  continue: {
    act: (test) => test.continue(),
    expected: (model) =>
      model.shown === 'cancelled' && !hasJob(model) && { request: 'preparing', continues: true },
  },
  ask: {
    act: (test) => {
      const preparation = test.preparations.active.at(-1)
      preparation?.input.ask(QUESTION).catch(() => undefined)
    },
    expected: ({ request }) => (request === 'preparing' ? { request: 'asking' } : {}),
  },
  answer: {
    act: (test) => {
      test.session.answer('all')
    },
    expected: ({ request }) => request === 'asking' && { request: 'preparing' },
  },
  prepared: {
    act: (test) => test.preparations.active.at(-1)?.finish(preparedRun(finished, `run ${++id}`)),
    expected: (model) => {
      if (!hasJob(model)) return {}
      if (model.continues) return { request: 'none', shown: 'running' }
      const isCompared = model.keepsBaseline && model.comparison !== 'none'
      return {
        request: 'none',
        shown: 'running',
        comparison: isCompared ? 'waiting' : 'none',
        keepsBaseline: true,
      }
    },
  },
  preparationFails: {
    act: (test) => test.preparations.active.at(-1)?.fail(new Error('offline')),
    expected: (model) => (hasJob(model) ? { request: 'failed' } : {}),
  },
  score: {
    act: (test) => {
      score(test, test.work.scores.active.at(-1))
    },
    expected: () => ({}),
  },
  scored: {
    act: (test) => test.work.scores.active.at(-1)?.finish(),
    expected: (model) => endedRun(model, 'done'),
  },
  scoringFails: {
    act: (test) => test.work.scores.active.at(-1)?.fail(new Error('no memory')),
    expected: (model) => endedRun(model, 'failed'),
  },
  cancel: {
    act: (test) => {
      test.session.cancel()
    },
    expected: (model) =>
      hasJob(model) ? { request: 'none' } : model.shown === 'running' && endedRun(model, 'cancelled'),
  },
  suspend: {
    act: (test) => {
      test.session.suspend()
    },
    expected: (model) => ({ ...dropped(model), ...suspended(model) }),
  },
  close: {
    act: (test) => {
      test.session.close()
    },
    expected: (model) => ({ ...dropped(model), ...suspended(model), keepsBaseline: false }),
  },
  compare: {
    act: (test) => test.session.comparison.start(INT8),
    expected: ({ shown }) =>
      shown !== 'empty' && { comparison: shown === 'running' ? 'waiting' : 'preparing', keepsBaseline: true },
  },
  cancelComparison: {
    act: (test) => {
      test.session.comparison.cancel()
    },
    expected: (model) => isComparing(model) && { comparison: 'ended' },
  },
  endComparison: {
    act: (test) => {
      test.session.comparison.end()
    },
    expected: ({ comparison }) => comparison !== 'none' && { comparison: 'none' },
  },
  baselinePrepared: {
    act: (test) => test.work.baselines.active[0]?.finish({ sequences: finished.sequences }),
    expected: ({ comparison }) => (comparison === 'preparing' ? { comparison: 'running' } : {}),
  },
  compared: {
    act: (test) => test.work.comparisons.active[0]?.finish(),
    expected: ({ comparison }) => (comparison === 'running' ? { comparison: 'ended' } : {}),
  },
  comparisonFails: {
    act: (test) => {
      for (const { fail } of [...test.work.baselines.active, ...test.work.comparisons.active])
        fail(new Error('no memory'))
    },
    expected: ({ comparison }) =>
      comparison === 'preparing' || comparison === 'running' ? { comparison: 'ended' } : {},
  },
  /** Work that was cancelled ends all the same. */
  lateResults: {
    act: (test) => {
      const { scores, baselines, comparisons } = test.work
      const isLate = ({ signal }: { readonly signal: AbortSignal }) => signal.aborted
      for (const step of scores.all.filter(isLate)) {
        score(test, step)
        step.finish()
      }
      for (const step of test.preparations.all.filter(isLate)) step.fail(new Error('late'))
      for (const step of baselines.all.filter(isLate)) step.finish({ sequences: finished.sequences })
      for (const { input, fail } of comparisons.all.filter(isLate)) {
        input.listener.onTokens?.(0, [])
        fail(new Error('late'))
      }
    },
    expected: () => ({}),
  },
}

/** The actions that lead to a compared run. They are tried more often, because most others lead back. */
const STEPS_FORWARD = ['inspect', 'prepared', 'scored', 'compare', 'baselinePrepared']

function suspended(model: Model): Partial<Model> {
  return { ...endedRun(model, 'cancelled'), ...(isComparing(model) && { comparison: 'ended' }) }
}

/** Reports the next token of the run. */
function score(
  test: SessionUnderTest,
  step: SessionUnderTest['work']['scores']['all'][number] | undefined,
): void {
  const all = [...elementAt(finished.inspection.sections, 0).predictions]
  const known = test.session.run?.inspection.sections[0]?.predictions.length ?? 0
  step?.input.listener.onPredictions?.(0, all.slice(known, known + 1))
}

it('a session is in the state that its transitions lead to, refuses all others, and reports every change to its views', async () => {
  const names = fc.oneof(fc.constantFrom(...Object.keys(ACTIONS)), {
    arbitrary: fc.constantFrom(...STEPS_FORWARD),
    weight: 2,
  })
  await fc.assert(
    fc.asyncProperty(fc.array(names, { minLength: 20, maxLength: 60, size: 'max' }), async (actions) => {
      const test = new SessionUnderTest()
      let model: Model = {
        request: 'none',
        continues: false,
        shown: 'empty',
        comparison: 'none',
        keepsBaseline: true,
      }
      for (const name of actions) {
        const { act, expected } = ACTIONS[name] ?? {}
        const change = expected?.(model)
        const before = [test.session.run, [...test.work.errors]]
        const refusal = await refusalOf(() => act?.(test))
        expect(refusal, name).toBe(change === false)
        if (name === 'lateResults') expect([test.session.run, test.work.errors]).toEqual(before)
        model = { ...model, ...change }
        expect(stateOf(test), name).toEqual(model)
        expect(test.replica, name).toEqual(test.session.run?.inspection)
        expectOneJobOfEachKind(test)
      }
    }),
    { numRuns: 100 },
  )
}, 60_000)

/** Whether the session refuses an action; settles what has ended. */
async function refusalOf(act: () => void | Promise<void>): Promise<boolean> {
  let isRefused = false
  const refuse = (error: unknown) => {
    if (!(error instanceof SessionStateError)) throw error
    isRefused = true
  }
  try {
    const acted = act()
    if (acted instanceof Promise) acted.catch(refuse)
  } catch (error) {
    refuse(error)
  }
  await settled()
  return isRefused
}

/** The kinds of the session's states, as the model has them; what is next cannot be seen. */
function stateOf({ session }: SessionUnderTest): unknown {
  const kind = session.run?.inspection.state.kind
  return {
    request: session.requested.kind,
    continues: expect.any(Boolean) as boolean,
    shown: session.shown.kind === 'ended' ? kind : session.shown.kind,
    comparison: session.comparison.state.kind,
    keepsBaseline: expect.any(Boolean) as boolean,
  }
}

/** At most one piece of work of each kind is in progress, and none that the states do not name. */
function expectOneJobOfEachKind({ session, preparations, work }: SessionUnderTest): void {
  const isPrepared = session.requested.kind === 'preparing' || session.requested.kind === 'asking'
  expect(preparations.active.length <= Number(isPrepared) + Number(session.shown.kind === 'running')).toBe(
    true,
  )
  expect(work.scores.active).toHaveLength(session.shown.kind === 'running' ? 1 : 0)
  const comparing = session.comparison.state.kind
  expect(work.comparisons.active).toHaveLength(comparing === 'running' ? 1 : 0)
}
