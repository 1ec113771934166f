import { beforeEach, describe, expect, it, vi } from 'vitest'
import { LensRequests } from '../../../../../../src/features/inspect/session/lensOfRun'
import { ShownRun } from '../../../../src/features/inspect/explain/shownRun'
import { type InspectionRun, UNEXPLAINED } from '../../../../../../src/features/inspect/session/inspectionRun'
import { Run } from '../../../../../../src/cli/run'
import type { ExplainedRows, LensOptions } from '../../../../../../src/prediction/explain/explanations'
import { decodeLensRows } from '../../../../../../src/shared/contracts/panel/lensRows'
import type { RequestLensMessage } from '../../../../../../src/shared/contracts/panel/lensMessages'
import type { HostMessage } from '../../../../../../src/shared/contracts/panel/protocol'
import { OutOfMemoryError } from '../../../../../../src/shared/errors'
import { lensRowOf } from '../../../../../support/panel/lensOfInspection'
import { referenceInspection } from '../../../../../support/reference/referenceInspection'
import { readGpt2Vocabulary } from '../../../../../support/texts/gpt2Vocabulary'

vi.mock('vscode', () => ({}))

/** Tokens of the document before the section. */
const CONTEXT = 5
const inspection = referenceInspection('typescript +bos', readGpt2Vocabulary())
const tokens = inspection.sections[0]?.tokens ?? []
const ids = Int32Array.from([...new Array<number>(CONTEXT).fill(0), ...tokens.map(({ tokenId }) => tokenId)])

/** A call of `Explanations.lens`, which the test answers. */
interface Call {
  readonly request: ExplainedRows
  readonly options: LensOptions
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

let run: Run
let posted: HostMessage[]
let calls: Call[]
let saves: number
let errors: string[]
let requests: LensRequests

beforeEach(() => {
  run = runOf()
  posted = []
  calls = []
  saves = 0
  errors = []
  requests = new LensRequests({
    explanations: {
      lens: (request, options) =>
        new Promise<void>((resolve, reject) => {
          calls.push({ request, options, resolve, reject })
          options.signal?.addEventListener('abort', () => {
            reject(new Error('aborted'))
          })
        }),
    },
    log: { error: (text: string) => errors.push(text) } as never,
    shown: new ShownRun({
      run: () => run,
      post: (message) => posted.push(message),
      store: { saveSoon: () => saves++ },
    }),
    baselineSide: notCompared,
  })
})

describe('a request for the lens', () => {
  it('asks for the rows of the section’s tokens in the sequence, with the priority of what the user waits for', () => {
    void requests.answer(request(3, 9))
    expect(lastCall().request).toMatchObject({
      from: CONTEXT + 3,
      end: CONTEXT + 9,
      to: ids.length,
      topK: 10,
      startToken: true,
    })
    expect(lastCall().options.priority).toBe('interactive')
  })

  it('asks for nothing after the row that follows the text', () => {
    void requests.answer(request(80, 200))
    expect(lastCall().request.end).toBe(ids.length + 1)
  })

  it('posts rows as they arrive, keeps them with the run and saves them', async () => {
    const answered = requests.answer(request(3, 5))
    give(3, 5)
    lastCall().resolve()
    await answered

    expect(positionsIn(posted)).toEqual([3, 4])
    expect(run.data?.lens.at({ section: 0, position: 4 })?.logitsRow).toBe(4)
    expect(saves).toBe(1)
    expect(posted.at(-1)).toEqual({
      type: 'lensEnded',
      inspectionId: inspection.id,
      request: 1,
      failure: null,
    })
  })

  it('computes only the rows that the run does not have, and posts the others at once', async () => {
    keep(4, 6)
    const answered = requests.answer(request(3, 8))
    expect(positionsIn(posted)).toEqual([4, 5])
    expect(lastCall().request).toMatchObject({ from: CONTEXT + 3, end: CONTEXT + 4 })

    lastCall().resolve()
    await vi.waitFor(() => {
      expect(lastCall().request).toMatchObject({ from: CONTEXT + 6, end: CONTEXT + 8 })
    })
    lastCall().resolve()
    await answered
  })

  it('is cancelled by a newer one, and posts nothing more', async () => {
    const first = requests.answer(request(3, 9))
    const [call] = calls
    void requests.answer(request(50, 60, 2))
    await first
    expect(call?.options.signal?.aborted).toBe(true)
    expect(posted).toEqual([])
    expect(errors).toEqual([])
  })

  it('keeps the rows of a cancelled request that still arrive', () => {
    void requests.answer(request(3, 9))
    requests.cancel()
    give(3, 5)
    expect(run.data?.lens.at({ section: 0, position: 4 })).not.toBeNull()
    expect(posted).toEqual([])
  })

  it('tells why it failed and what to do', async () => {
    const answered = requests.answer(request(3, 9))
    lastCall().reject(new OutOfMemoryError('no memory'))
    await answered
    expect(posted).toMatchObject([{ type: 'lensEnded', failure: { remedies: ['useInt8', 'selectModel'] } }])
    expect(errors).toHaveLength(1)
  })

  it('fails if another run is shown', async () => {
    await requests.answer({ ...request(3, 9), inspectionId: 'earlier' })
    expect(posted).toMatchObject([
      {
        type: 'lensEnded',
        inspectionId: 'earlier',
        failure: { message: expect.stringContaining('newer run') as string },
      },
    ])
    expect(calls).toEqual([])
  })

  it('does not change a run that has replaced the one it is about', () => {
    void requests.answer(request(3, 9))
    run = runOf('other')
    give(3, 5)
    expect(run.data?.lens.blocks).toEqual([])
  })
})

it('a page that has just loaded gets all rows of the run', async () => {
  keep(4, 6)
  keep(70, 72)
  await requests.postAll()
  expect(positionsIn(posted)).toEqual([4, 5, 70, 71])
})

function notCompared(): never {
  throw new Error('nothing is compared')
}

function runOf(id = inspection.id): Run {
  const data: InspectionRun = {
    inspection: { ...inspection, id },
    sequences: [{ tokenIds: ids, from: CONTEXT, to: ids.length }],
    textDigest: '',
    wholeDocument: true,
    seconds: 0,
    ...UNEXPLAINED,
  }
  const run = new Run({ subject: data })
  run.begin(data)
  return run
}

function request(from: number, end: number, number = 1): RequestLensMessage {
  const inspectionId = inspection.id
  return { type: 'requestLens', inspectionId, request: number, side: 'shown', section: 0, from, end }
}

function lastCall(): Call {
  const call = calls.at(-1)
  if (call === undefined) throw new Error('the lens was not asked')
  return call
}

const rows = (from: number, end: number) =>
  Array.from({ length: end - from }, (_, i) => lensRowOf(inspection, { section: 0, position: from + i }))

/** The last call yields the rows of the positions [from, end). */
function give(from: number, end: number): void {
  lastCall().options.onRows(CONTEXT + from, rows(from, end))
}

/** The run has the rows of the positions [from, end) already. */
function keep(from: number, end: number): void {
  run.explain((data) => ({ ...data, lens: data.lens.with({ section: 0, position: from }, rows(from, end)) }))
}

function positionsIn(messages: readonly HostMessage[]): number[] {
  return messages.flatMap((message) =>
    message.type === 'lensRows' ? decodeLensRows(message.rows).map((_, i) => message.position + i) : [],
  )
}
