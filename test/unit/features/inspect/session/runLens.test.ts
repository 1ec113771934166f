import { beforeEach, describe, expect, it } from 'vitest'
import { ReplacedRunError } from '../../../../../src/features/inspect/session/runExplanations'
import type { InspectionRun } from '../../../../../src/features/inspect/session/inspectionRun'
import type { ExplainedRows, LensOptions } from '../../../../../src/prediction/explain/explanations'
import type { LensRow } from '../../../../../src/shared/contracts/engine/explanation'
import { elementAt } from '../../../../../src/shared/elementAt'
import { CancelledError, OutOfMemoryError } from '../../../../../src/shared/errors'
import { ExplainedRun, UNAVAILABLE, unexplainedRun } from '../../../../support/panel/explainedRun'
import { lensRowOf } from '../../../../support/panel/lensOfInspection'
import { referenceInspection } from '../../../../support/reference/referenceInspection'
import { readGpt2Vocabulary } from '../../../../support/texts/gpt2Vocabulary'

/** Tokens of the document before the section. */
const CONTEXT = 5
const inspection = referenceInspection('typescript +bos', readGpt2Vocabulary())
const { tokens } = elementAt(inspection.sections, 0)
const ids = Int32Array.from([...new Array<number>(CONTEXT).fill(0), ...tokens.map(({ tokenId }) => tokenId)])

/** Positions of the section, [from, end). */
type Positions = readonly [from: number, end: number]

type Event =
  | { readonly kind: 'computed'; readonly positions: Positions }
  | { readonly kind: 'given'; readonly positions: Positions }

let explained: ExplainedRun
let requests: ExplainedRows[]
let requestOptions: LensOptions[]
let given: { readonly position: number; readonly rows: readonly LensRow[] }[]
/** The events in the order in which they happened. */
let events: Event[]
let computeRows: (request: ExplainedRows, options: LensOptions) => Promise<void>

beforeEach(() => {
  requests = []
  requestOptions = []
  given = []
  events = []
  computeRows = (request, options) => {
    giveRows(request, options)
    return Promise.resolve()
  }
  explained = new ExplainedRun(runOf(inspection.id), {
    explanations: {
      ...UNAVAILABLE,
      lens: (request, options) => {
        requests.push(request)
        requestOptions.push(options)
        events.push({ kind: 'computed', positions: [request.from - CONTEXT, request.end - CONTEXT] })
        return computeRows(request, options)
      },
    },
  })
})

describe('the lens of a run', () => {
  it('is computed for the section’s tokens in the sequence, with the priority of work that the user waits for', async () => {
    await ask([3, 9])

    expect(requests).toMatchObject([
      {
        from: CONTEXT + 3,
        end: CONTEXT + 9,
        to: ids.length,
        topK: 10,
        startToken: true,
      },
    ])
    expect(requestOptions).toMatchObject([{ priority: 'interactive' }])
  })

  it('ends with the row after the last token, however far the page asks', async () => {
    await ask([80, 200])

    expect(requests).toMatchObject([{ end: ids.length + 1 }])
    expect(givenPositions().at(-1)).toBe(tokens.length)
  })

  it('is given as its rows arrive and kept with the run', async () => {
    computeRows = (request, options) => {
      giveRows(request, options)
      expect(givenPositions()).toEqual([3, 4])
      return Promise.resolve()
    }

    await ask([3, 5])

    expect(given).toEqual([{ position: 3, rows: rowsOf([3, 5]) }])
    expect(explained.run.lens.at({ section: 0, position: 4 })?.logitsRow).toBe(4)
    expect(explained.changeCount).toBe(1)
  })

  it('is given at once where the run has its rows, and only the others are computed', async () => {
    keep([4, 6])

    await ask([3, 8])

    expect(events).toEqual<Event[]>([
      { kind: 'given', positions: [4, 6] },
      { kind: 'computed', positions: [3, 4] },
      { kind: 'given', positions: [3, 4] },
      { kind: 'computed', positions: [6, 8] },
      { kind: 'given', positions: [6, 8] },
    ])
  })

  it('is not computed again for rows of an earlier question', async () => {
    await ask([3, 8])
    given = []

    await ask([3, 8])

    expect(requests).toHaveLength(1)
    expect(given).toEqual([{ position: 3, rows: rowsOf([3, 8]) }])
  })

  it('does not change a run that has replaced the one it is about', async () => {
    computeRows = (request, options) => {
      explained.run = runOf('other')
      giveRows(request, options)
      return Promise.resolve()
    }

    await ask([3, 9])

    expect(explained.run.inspection.id).toBe('other')
    expect(explained.run.lens.blocks).toEqual([])
    expect(explained.changeCount).toBe(0)
  })
})

describe.each<[string, (caller: AbortController) => void]>([
  [
    'by its caller',
    (caller) => {
      caller.abort(new CancelledError())
    },
  ],
  [
    'because the run changes',
    () => {
      explained.explanations.cancel()
    },
  ],
])('a question about the lens that is cancelled %s', (_, cancel) => {
  let caller: AbortController
  beforeEach(() => {
    caller = new AbortController()
    computeRows = (request, options) => {
      cancel(caller)
      giveRows(request, options)
      return Promise.reject(options.signal?.reason as Error)
    }
  })

  it('rejects with a CancelledError, and nothing more is given', async () => {
    await expect(ask([3, 9], caller)).rejects.toThrow(CancelledError)

    expect(requestOptions.map(({ signal }) => signal?.aborted)).toEqual([true])
    expect(given).toEqual([])
  })

  it('keeps the rows that still arrive', async () => {
    await expect(ask([3, 5], caller)).rejects.toThrow(CancelledError)

    expect(explained.run.lens.at({ section: 0, position: 4 })).not.toBeNull()
  })
})

it('a question after a cancel is answered', async () => {
  explained.explanations.cancel()

  await ask([3, 5])

  expect(givenPositions()).toEqual([3, 4])
  expect(requestOptions.map(({ signal }) => signal?.aborted)).toEqual([false])
})

describe('a question about the lens that cannot be answered', () => {
  it('rejects with the failure of the engine', async () => {
    const failure = new OutOfMemoryError('no memory')
    computeRows = () => Promise.reject(failure)

    await expect(ask([3, 9])).rejects.toBe(failure)
  })

  it.each([
    ['another run', { inspectionId: 'earlier' }],
    ['a section that the run does not have', { section: 7 }],
  ])('rejects if it is about %s', async (_, replaced) => {
    const error: unknown = await ask([3, 9], undefined, replaced).catch((reason: unknown) => reason)

    expect(error).toBeInstanceOf(ReplacedRunError)
    expect(error).toMatchObject({ message: expect.stringContaining('newer run') as string })
    expect([requests, given]).toEqual([[], []])
  })
})

function runOf(id: string): InspectionRun {
  return unexplainedRun({ ...inspection, id }, { tokenIds: ids, from: CONTEXT, to: ids.length })
}

function ask(
  [from, end]: Positions,
  { signal } = new AbortController(),
  replaced: { readonly inspectionId?: string; readonly section?: number } = {},
): Promise<void> {
  const question = { inspectionId: inspection.id, side: 'shown', section: 0, from, end, ...replaced } as const
  return explained.explanations.lens(question, {
    signal,
    onRows: (position, rows) => {
      given.push({ position, rows })
      events.push({ kind: 'given', positions: [position, position + rows.length] })
    },
  })
}

/** Gives the rows that a request asks for. */
function giveRows({ from, end }: ExplainedRows, { onRows }: LensOptions): void {
  onRows(from, rowsOf([from - CONTEXT, end - CONTEXT]))
}

/** The run has the rows already. */
function keep([from, end]: Positions): void {
  const { run } = explained
  explained.run = { ...run, lens: run.lens.with({ section: 0, position: from }, rowsOf([from, end])) }
}

function rowsOf([from, end]: Positions): LensRow[] {
  return Array.from({ length: end - from }, (_, i) =>
    lensRowOf(inspection, { section: 0, position: from + i }),
  )
}

function givenPositions(): number[] {
  return given.flatMap(({ position, rows }) => rows.map((_, i) => position + i))
}
