// Which comparison follows when a run takes the place of another one, or the panel is closed.

import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { BaselineTexts } from '../../../../../src/features/inspect/commands/compare/baselineTexts'
import { ComparisonRunner } from '../../../../../src/features/inspect/compare/comparisonRunner'
import type { InspectionRun } from '../../../../../src/features/inspect/session/inspectionRun'
import { Run } from '../../../../../src/cli/run'
import { Comparisons } from '../../../../../src/prediction/compare/comparisons'
import { PredictionService } from '../../../../../src/prediction/windows/predictionService'
import type { Baseline, InspectionComparison } from '../../../../../src/shared/contracts/panel/comparison'
import type { InspectionUpdate } from '../../../../../src/shared/contracts/panel/inspectionUpdate'
import { connect } from '../../../../support/engine/engineUnderTest'
import { hashEngine } from '../../../../support/fakes/hashEngine'
import { pending } from '../../../../support/fakes/routerUnderTest'
import { finishedRun } from '../../../../support/panel/finishedRun'

/** The document of every run, once it is opened. */
const opening = vi.hoisted(() => ({ document: Promise.resolve<unknown>(undefined) }))

vi.mock('vscode', () => ({
  Uri: { parse: (uri: string) => uri },
  workspace: {
    onDidChangeTextDocument: () => ({ dispose: () => undefined }),
    openTextDocument: () => opening.document,
  },
}))

const INT8: Baseline = { kind: 'model', id: 'mini', precision: 'int8' }
const CONTEXT: Baseline = { kind: 'context' }

let finished: InspectionRun
beforeAll(async () => {
  finished = await finishedRun({})
})

let shown: Run
let updates: InspectionUpdate[]
let releases: number
let runner: ComparisonRunner

beforeEach(() => {
  shown = activeRun('first')
  updates = []
  releases = 0
  const engine = {
    ...connect(hashEngine()),
    releaseBaseline: () => {
      releases++
      return Promise.resolve(undefined)
    },
  }
  const service = new PredictionService(engine)
  runner = new ComparisonRunner({
    panel: {
      get shown() {
        return shown
      },
      get run() {
        return shown.data
      },
      update: (update) => {
        updates.push(update)
        return shown.update(update)
      },
      requests: { cancelBaseline: () => undefined },
    },
    service,
    comparisons: new Comparisons(engine, service),
    store: { save: () => Promise.resolve(), saveSoon: () => undefined },
    texts: new BaselineTexts(),
    log: { error: () => undefined } as never,
    locate: (id) => ({ id, folder: '', description: '', storage: 'user' }),
    runAgain: () => Promise.resolve(),
    onState: () => undefined,
  })
})

describe('the model of a comparison', () => {
  it('is unloaded if the next run is compared with a text', async () => {
    await runner.start(INT8)
    runner.expect(CONTEXT)

    next()

    expect(releases).toBe(1)
  })

  it('stays loaded if the next run is compared with it', async () => {
    await runner.start(INT8)

    next()

    expect(releases).toBe(0)
  })
})

describe('the next run', () => {
  it('is not compared with what it was expected to be if the panel was closed', () => {
    runner.expect(INT8)

    runner.close()

    expect(next()).toBeUndefined()
  })

  it('is compared like the shown one if that comparison began after the panel was opened again', async () => {
    runner.close()

    await runner.start(INT8)

    expect(next()?.baseline).toEqual(INT8)
  })

  it('is not compared with the baseline of an inspection that was not shown', async () => {
    await runner.compareNext(INT8, () => Promise.resolve())

    expect(next()).toBeUndefined()
  })
})

describe('a comparison with a text', () => {
  it('is of the run that is shown when the document’s text is known', async () => {
    const opened = pending<unknown>()
    opening.document = opened.promise
    shown.end()

    const started = runner.start(CONTEXT)
    shown = activeRun('second')
    opened.resolve(undefined)
    await started

    expect(updates).toMatchObject([{ type: 'setComparison', inspectionId: 'second' }])
  })
})

/** The comparison of a run that takes the place of the shown one. */
function next(): InspectionComparison | undefined {
  return runner.comparisonOf(dataOf('next'), shown)
}

/** A run whose tokens are not all scored: its comparison waits. */
function activeRun(id: string): Run {
  const run = Run.restored(dataOf(id))
  run.begin(dataOf(id))
  return run
}

function dataOf(id: string): InspectionRun {
  return { ...finished, inspection: { ...finished.inspection, id } }
}
