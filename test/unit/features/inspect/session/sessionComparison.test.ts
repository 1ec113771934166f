// The comparison of the shown run: when it begins, what ends it, and which one follows it.

import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { InspectionRun } from '../../../../../src/features/inspect/session/inspectionRun'
import type { BaselineSide } from '../../../../../src/prediction/compare/compareInspection'
import type { Baseline } from '../../../../../src/shared/contracts/panel/comparison'
import { settled } from '../../../../support/panel/fakeSessionWork'
import { finishedRun } from '../../../../support/panel/finishedRun'
import { preparedRun, SessionUnderTest, trackedRequest } from '../../../../support/panel/sessionUnderTest'

const INT8: Baseline = { kind: 'model', id: 'mini', precision: 'int8' }
const CONTEXT: Baseline = { kind: 'context' }

let finished: InspectionRun
let side: BaselineSide
let test: SessionUnderTest

beforeAll(async () => {
  finished = await finishedRun({ ranges: 1 })
  side = { sequences: finished.sequences }
})

beforeEach(async () => {
  test = new SessionUnderTest()
  await startRun('first')
})

describe('a comparison', () => {
  it('waits for the end of the run', async () => {
    await compare(INT8)
    expect(test.session.comparison.state.kind).toBe('waiting')
    expect(shownComparison()).toMatchObject({ baseline: INT8, state: { kind: 'loading' } })

    await endRun()

    expect(test.session.comparison.state.kind).toBe('preparing')
  })

  it('begins at once if the run has ended', async () => {
    await endRun()

    await compare(INT8)

    expect(test.work.baselines.newest.input).toEqual(INT8)
  })

  it('is cancelled if the run is cancelled for which it waits', async () => {
    await compare(INT8)

    test.session.cancel()

    expect(shownComparison()?.state).toEqual({ kind: 'cancelled' })
    expect(test.work.baselines.all).toEqual([])
  })

  it('is done when all tokens are compared', async () => {
    await endRun()
    await compare(INT8)
    test.work.baselines.newest.finish(side)
    await settled()
    expect(test.session.comparison.state.kind).toBe('running')

    test.work.comparisons.newest.finish()
    await test.session.comparison.ended
    await settled()

    expect(shownComparison()?.state).toEqual({ kind: 'done' })
    expect(test.session.comparison.side()).toBe(side)
    expect(test.replica).toEqual(test.session.run?.inspection)
  })

  it('reports why it failed, and keeps the run', async () => {
    await endRun()
    await compare(INT8)

    test.work.baselines.newest.fail(new Error('no such model'))
    await settled()

    expect(shownComparison()?.state).toMatchObject({ kind: 'failed', message: 'no such model' })
    expect(test.work.errors).toEqual(['The comparison failed'])
  })

  it('keeps its results if it is cancelled, and ignores those that arrive later', async () => {
    await endRun()
    await compare(INT8)
    test.work.baselines.newest.finish(side)
    await settled()
    const { listener } = test.work.comparisons.newest.input

    test.session.comparison.cancel()
    const before = test.updates.length
    listener.onTokens?.(0, [])
    test.work.comparisons.newest.finish()
    await settled()

    expect(shownComparison()?.state).toEqual({ kind: 'cancelled' })
    expect(test.updates).toHaveLength(before)
  })

  it('is replaced by a newer one', async () => {
    await endRun()
    await compare(INT8)
    const [first] = test.work.baselines.all

    await compare(CONTEXT)

    expect(first?.signal.aborted).toBe(true)
    expect(shownComparison()?.baseline).toEqual(CONTEXT)
  })

  it('is removed and its model is unloaded if it is ended', async () => {
    await compare(INT8)

    test.session.comparison.end()

    expect(shownComparison()).toBeUndefined()
    expect([test.session.comparison.state.kind, test.work.unloads]).toEqual(['none', 1])
  })

  it('keeps its results if the model changes, and its model is unloaded', async () => {
    await endRun()
    await compare(INT8)

    test.session.suspend()

    expect(shownComparison()).toMatchObject({ baseline: INT8, state: { kind: 'cancelled' } })
    expect(test.work.unloads).toBe(1)
  })

  it('of a restored run with a model can be explained, one with a text cannot', () => {
    for (const [baseline, isKnown] of [
      [INT8, true],
      [CONTEXT, false],
    ] as const) {
      const { session } = new SessionUnderTest()
      const comparison = {
        baseline,
        canSwap: false,
        models: null,
        state: { kind: 'done' },
        sections: [],
      } as const
      session.restore(trackedRequest(), { ...finished, inspection: { ...finished.inspection, comparison } })
      const sideOf = () => session.comparison.side()
      if (isKnown) expect(sideOf()).toMatchObject({ model: { precision: 'int8' } })
      else expect(sideOf).toThrow('no longer known')
    }
  })
})

describe('the model of a comparison', () => {
  it('is unloaded if the next run is compared with a text', async () => {
    await compare(INT8)
    test.session.comparison.expect(CONTEXT)

    await startRun('next')

    expect(test.work.unloads).toBe(1)
  })

  it('stays loaded if the next run is compared with it', async () => {
    await compare(INT8)

    await startRun('next')

    expect(test.work.unloads).toBe(0)
  })
})

describe('the next run', () => {
  it('is compared with the baseline of the shown one', async () => {
    await compare(INT8)

    await startRun('next')

    expect(shownComparison()).toMatchObject({ baseline: INT8, state: { kind: 'loading' } })
  })

  it('is not compared with the baseline that was expected if the panel was closed', async () => {
    test.session.comparison.expect(INT8)

    test.session.close()
    await startRun('next')

    expect(shownComparison()).toBeUndefined()
  })

  it('is compared like the shown one if that comparison began after the panel was opened again', async () => {
    test.session.close()
    await compare(INT8)

    await startRun('next')

    expect(shownComparison()?.baseline).toEqual(INT8)
  })

  it('is compared with the baseline that it was started for', async () => {
    await test.session.comparison.startNext(INT8, () => startRun('next'))

    expect(shownComparison()?.baseline).toEqual(INT8)
  })

  it('is not compared with the baseline of an inspection that was not shown', async () => {
    await test.session.comparison.startNext(INT8, () => Promise.resolve())

    await startRun('next')

    expect(shownComparison()).toBeUndefined()
  })

  it('that continues the shown one keeps the comparison as it is', async () => {
    await endRun()
    await compare(INT8)
    test.session.comparison.cancel()
    const before = shownComparison()
    // A run that ended cannot be continued; one that was cancelled can.
    await startRun('second')
    test.session.cancel()
    void test.continue()
    test.preparations.newest.finish(finished)
    await settled()

    expect(before?.state).toEqual({ kind: 'cancelled' })
    expect(shownComparison()).toMatchObject({ baseline: INT8, state: { kind: 'cancelled' } })
  })
})

async function startRun(id: string): Promise<void> {
  void test.inspect(trackedRequest())
  test.preparations.newest.finish(preparedRun(finished, id))
  await settled()
}

async function endRun(): Promise<void> {
  test.work.scores.newest.finish()
  await settled()
}

/** Starts a comparison, which does not end in this test by itself. */
async function compare(baseline: Baseline): Promise<void> {
  void test.session.comparison.start(baseline)
  await settled()
}

function shownComparison() {
  return test.session.run?.inspection.comparison
}
