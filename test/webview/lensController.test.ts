import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { encodeLensRows } from '../../src/shared/contracts/panel/lensRows'
import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import type { EncodedLensRows, LensQuestion } from '../../src/shared/contracts/panel/panelCalls'
import type { PanelMessage } from '../../src/shared/contracts/panel/protocol'
import { elementAt } from '../../src/shared/elementAt'
import { lensRowOf } from '../support/panel/lensOfInspection'
import { referenceInspection } from '../support/reference/referenceInspection'
import { readGpt2Vocabulary } from '../support/texts/gpt2Vocabulary'
import { PanelController } from '../../webview/controllers/controller'
import { OUTPUT_OF_TOKEN } from '../../webview/state/inspection/explained'
import { INITIAL_TABS } from '../../webview/state/inspection/tabs'
import { INITIAL_WHY_VIEW } from '../../webview/state/explanations/why'

const inspection = referenceInspection('typescript +bos', readGpt2Vocabulary())
const section = elementAt(inspection.sections, 0)
const range = (from: number, end: number) => ({ section: 0, from, end })

let posted: PanelMessage[] = []
let controller: PanelController

beforeEach(() => {
  vi.useFakeTimers()
  posted = []
  controller = new PanelController(
    {
      post: (message) => posted.push(message),
      saveState: () => undefined,
      loadState: () => ({
        inspectionId: null,
        picked: null,
        scroll: 0,
        metric: 'surprisal',
        comparedColour: 'delta',
        k: 10,
        tabs: INITIAL_TABS,
        explained: OUTPUT_OF_TOKEN,
        lensCells: 'shownProbability',
        whyView: INITIAL_WHY_VIEW,
      }),
    },
    {
      stateChanged: () => undefined,
      announce: () => undefined,
      focusTable: () => undefined,
      shows: () => true,
    },
  )
})

afterEach(() => {
  vi.useRealTimers()
})

describe('the controller of the lens', () => {
  it('requests the visible rows at once', () => {
    show(inspection)
    controller.lens.show(range(10, 20))
    vi.advanceTimersByTime(0)
    expect(requests()).toEqual([range(10, 20)])
  })

  it('requests only where scrolling stops', () => {
    show(inspection)
    for (let from = 0; from < 50; from += 5) {
      controller.lens.show(range(from, from + 10))
      vi.advanceTimersByTime(10)
    }
    vi.advanceTimersByTime(100)
    expect(requests()).toEqual([range(0, 10), range(45, 55)])
  })

  it('requests only from the first to the last row that is missing', () => {
    show(inspection)
    receiveRows(10, 14)
    receiveRows(17, 20)
    controller.lens.show(range(10, 20))
    vi.advanceTimersByTime(0)
    expect(requests()).toEqual([range(14, 17)])
  })

  it('does not repeat a request whose answer lacks rows', async () => {
    show(inspection)
    controller.lens.show(range(10, 20))
    vi.advanceTimersByTime(0)
    end()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(requests()).toHaveLength(1)
  })

  it('requests rows that are scored while another request runs when that has ended', async () => {
    show(scored(12))
    controller.lens.show(range(10, 20))
    vi.advanceTimersByTime(0)
    controller.receive({
      type: 'appendPredictions',
      inspectionId: inspection.id,
      section: 0,
      predictions: section.predictions.slice(12),
    })
    vi.advanceTimersByTime(1_000)
    expect(requests()).toEqual([range(10, 12)])

    receiveRows(10, 12)
    end()
    await vi.advanceTimersByTimeAsync(0)

    expect(requests()).toEqual([range(10, 12), range(12, 20)])
  })

  it('requests nothing of a token that nothing precedes', () => {
    const withoutStart = referenceInspection('typescript', readGpt2Vocabulary())
    show(withoutStart)
    controller.lens.show(range(0, 10))
    vi.advanceTimersByTime(0)
    expect(requests()).toEqual([range(1, 10)])
  })

  it('requests the rows of a new run again', () => {
    show(inspection)
    controller.lens.show(range(10, 20))
    vi.advanceTimersByTime(0)
    show({ ...inspection, id: 'again' })
    vi.advanceTimersByTime(100)
    expect(requests()).toHaveLength(2)
  })

  it('places rows after one that is not computed', () => {
    show(inspection)
    const [first, last] = [3, 5].map((position) => lensRowOf(inspection, { section: 0, position }))
    receive({ position: 3, rows: encodeLensRows([first ?? null, null, last ?? null]) })
    const known = [3, 4, 5].map((position) => controller.state.lens.rows.at({ section: 0, position }))
    expect(known).toEqual([first, null, last])
  })

  it('ignores rows of another run', () => {
    show(inspection)
    const rows = encodeLensRows([lensRowOf(inspection, { section: 0, position: 3 })])
    controller.receive({
      type: 'lensRows',
      inspectionId: 'other',
      side: 'shown',
      section: 0,
      position: 3,
      rows,
    })
    expect(controller.state.lens.rows.blocks).toEqual([])
  })

  it('keeps the rows when the same run is shown again', () => {
    show(inspection)
    receiveRows(3, 4)
    show(inspection)
    expect(controller.state.lens.rows.at({ section: 0, position: 3 })).not.toBeNull()
  })
})

function show(shown: Inspection): void {
  controller.receive({ type: 'showInspection', inspection: shown, picked: null, focus: false })
}

/** The inspection while it runs, with the predictions of its first tokens. */
function scored(count: number): Inspection {
  const predictions = section.predictions.slice(0, count)
  return { ...inspection, state: { kind: 'running' }, sections: [{ ...section, predictions, next: null }] }
}

function receiveRows(from: number, end: number): void {
  const rows = Array.from({ length: end - from }, (_, i) =>
    lensRowOf(inspection, { section: 0, position: from + i }),
  )
  receive({ position: from, rows: encodeLensRows(rows) })
}

function receive(rows: EncodedLensRows): void {
  controller.receive({ type: 'lensRows', inspectionId: inspection.id, side: 'shown', section: 0, ...rows })
}

/** The host ends the last request. */
function end(): void {
  const last = calls().at(-1)
  if (last === undefined) throw new Error('nothing was requested')
  controller.receive({ type: 'rpc', message: { type: 'result', id: last.id, value: undefined } })
}

function requests() {
  return calls().map(({ request }) => {
    const { section, from, end } = request as LensQuestion
    return { section, from, end }
  })
}

/** The calls about the lens. */
function calls() {
  return posted.flatMap((posted) => {
    if (posted.type !== 'rpc') return []
    const { message } = posted
    return message.type === 'call' && message.method === 'lens' ? [message] : []
  })
}
