// Which run a comparison is of, when the document of the shown one is opened slowly or was edited.

import { beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { digestOf } from '../../../../../../src/editor/documents/textDigest'
import { CompareCommands } from '../../../../../../src/features/inspect/commands/compare/compareCommands'
import type { InspectionRun } from '../../../../../../src/features/inspect/session/inspectionRun'
import type { RunRequest } from '../../../../../../src/features/inspect/session/sessionState'
import type { Baseline, InspectionComparison } from '../../../../../../src/shared/contracts/panel/comparison'
import { settled } from '../../../../../support/panel/fakeSessionWork'
import { finishedRun } from '../../../../../support/panel/finishedRun'
import { preparedRun, SessionUnderTest, trackedRequest } from '../../../../../support/panel/sessionUnderTest'

vi.mock('vscode', () => ({}))

const CONTEXT: Baseline = { kind: 'context' }
const COMPARISON: InspectionComparison = {
  baseline: CONTEXT,
  canSwap: false,
  models: null,
  state: { kind: 'done' },
  sections: [],
}

let finished: InspectionRun
beforeAll(async () => {
  finished = await finishedRun({ ranges: 1 })
})

let test: SessionUnderTest
let commands: CompareCommands
/** The text of the document at each time it is opened. */
let texts: (() => Promise<string>)[]
let runsAgain: number

beforeEach(() => {
  test = new SessionUnderTest()
  texts = []
  runsAgain = 0
  commands = new CompareCommands({
    session: test.session,
    panel: { isOpen: true, open: () => Promise.resolve() },
    inspect: {
      runAgain: () => {
        runsAgain++
        return showRun('again')
      },
    } as never,
    comparisons: { refusalOf: () => Promise.resolve(undefined) },
    texts: { requestFor: () => Promise.resolve({ text: '' }) } as never,
    models: undefined as never,
    locate: undefined as never,
    workspaceMemento: { get: () => undefined, update: () => Promise.resolve() } as never,
  })
  test.session.restore(request(), comparedRun('first'))
})

it('a text is compared with the shown run if its document was not edited', async () => {
  texts = [inspectedText, inspectedText]

  void commands.again()
  await settled()

  expect(comparedIds()).toEqual(['first'])
  expect(runsAgain).toBe(0)
})

it('a text is compared with the current text if the document was edited', async () => {
  texts = [inspectedText, () => Promise.resolve('edited')]

  void commands.again()
  await settled()

  expect(runsAgain).toBe(1)
  expect(test.session.run?.inspection).toMatchObject({ id: 'again', comparison: { baseline: CONTEXT } })
})

it('a text is compared with the run that is shown when the document is open', async () => {
  let open: (text: string) => void = () => undefined
  texts = [inspectedText, () => new Promise((resolve) => (open = resolve))]

  void commands.again()
  await settled()
  await showRun('second')
  const before = test.updates.length
  open('edited')
  await settled()

  expect(test.updates.slice(before)).toMatchObject([{ type: 'setComparison', inspectionId: 'second' }])
  expect(runsAgain).toBe(0)
})

function inspectedText(): Promise<string> {
  return Promise.resolve('inspected')
}

/** A request whose document has the next of `texts`. */
function request(): RunRequest {
  const target = {
    current: async () => ({ text: await texts.shift()?.() }),
    dispose: () => undefined,
  }
  return { subject: { kind: 'document', target: target as never } }
}

function comparedRun(id: string): InspectionRun {
  const textDigest = digestOf('inspected')
  return { ...finished, textDigest, inspection: { ...finished.inspection, id, comparison: COMPARISON } }
}

async function showRun(id: string): Promise<void> {
  void test.inspect(trackedRequest())
  test.preparations.newest.finish(preparedRun(finished, id))
  await settled()
}

function comparedIds(): string[] {
  return test.updates.flatMap((update) => (update.type === 'setComparison' ? [update.inspectionId] : []))
}
