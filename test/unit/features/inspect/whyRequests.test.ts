import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { ShownRun } from '../../../../src/features/inspect/explain/shownRun'
import { WhyRequests, type WhyRequestsOptions } from '../../../../src/features/inspect/explain/whyRequests'
import { type InspectionRun, UNEXPLAINED } from '../../../../src/features/inspect/run/inspectionRun'
import { Run } from '../../../../src/features/inspect/run/run'
import { Explanations } from '../../../../src/prediction/explain/explanations'
import { finishInspection, prepareInspection } from '../../../../src/prediction/windows/inspectDocument'
import { PredictionService } from '../../../../src/prediction/windows/predictionService'
import type { Against } from '../../../../src/shared/contracts/engine/explanation'
import type { ModelInfo } from '../../../../src/shared/contracts/engine/prediction'
import type { HostMessage } from '../../../../src/shared/contracts/panel/protocol'
import type { WhyPart, WhySubject } from '../../../../src/shared/contracts/panel/why'
import { elementAt } from '../../../../src/shared/elementAt'
import { connect, freshEngine, loadMini } from '../../../support/engine/engineUnderTest'

/** The requests need only the log, which is silent here. */
vi.mock('vscode', () => ({}))

const TEXT = 'throw new ConfigError(path) // the text continues'
/** Tokens before the section, which are its context. */
const CONTEXT_TOKENS = 2

let finished: InspectionRun
let explanations: Explanations
let posted: HostMessage[]
let shown: Run

beforeAll(async () => {
  const engine = connect(freshEngine(await loadMini()))
  const service = new PredictionService(engine)
  explanations = new Explanations(engine, service)
  const prepared = await prepareInspection(service, {
    id: 'a',
    documentUri: 'file:///a.ts',
    documentName: 'a.ts',
    text: TEXT,
    ranges: [{ range: { start: 'throw new'.length, end: TEXT.length }, lines: { first: 1, last: 1 } }],
    context: 'document',
    startToken: true,
    topK: 3,
  })
  const inspection = await finishInspection(service, prepared)
  finished = { ...prepared, inspection, textDigest: '', wholeDocument: false, seconds: 1, ...UNEXPLAINED }
})

beforeEach(() => {
  posted = []
  shown = shownRunOf(finished)
})

describe('the answer to a request', () => {
  it('begins with the window’s tokens, and has all parts', async () => {
    await requests().answer({ type: 'requestWhy', subject: subjectAt(1), knockedOut: [] })

    expect([posted.at(0)?.type, posted.at(-1)]).toEqual([
      'setWhy',
      { type: 'endWhy', subject: subjectAt(1), failure: null },
    ])
    expect(new Set(partKinds())).toEqual(new Set(['attribution', 'layers', 'context']))
    const [begin] = posted
    if (begin?.type !== 'setWhy') throw new Error('the answer begins with what is known')
    const { inputIds, rowOffset } = begin.answer.window
    expect(inputIds.length).toBe(1 + CONTEXT_TOKENS + 1)
    expect([inputIds[0], rowOffset]).toEqual([50256, 1 - inputIds.length])
  })

  it('has curves that end at the log-probability of the token', async () => {
    await requests().answer({ type: 'requestWhy', subject: subjectAt(1), knockedOut: [] })

    const { logProb = NaN } = finished.inspection.sections[0]?.predictions.at(1)?.score ?? {}
    const [answer] = shown.data?.why ?? []
    expect(answer?.layers?.[0]?.at(-1)).toBeCloseTo(logProb, 4)
    expect(answer?.context?.[0]?.at(-1)?.logProb).toBeCloseTo(logProb, 4)
    expect(answer?.context?.[0]?.map(({ tokens }) => tokens)).toEqual([1, 2, 3])
  })

  it('attributes the difference of the two logits', async () => {
    await requests().answer({ type: 'requestWhy', subject: subjectAt(1), knockedOut: [] })

    const score = finished.inspection.sections[0]?.predictions.at(1)?.score
    const other = [...(score?.top ?? [])].find(({ tokenId }) => tokenId === rival())
    const [answer] = shown.data?.why ?? []
    expect(answer?.attribution?.total).toBeCloseTo((score?.logit ?? NaN) - (other?.logit ?? NaN), 3)
  })

  it('explains the row after the last token', async () => {
    const section = elementAt(finished.inspection.sections, 0)
    const top = [...(section.next?.top ?? [])]
    const subject = {
      ...subjectAt(section.tokens.length),
      tokenId: elementAt(top, 0).tokenId,
      against: { kind: 'nothing' } satisfies Against,
    }
    await requests().answer({ type: 'requestWhy', subject, knockedOut: [] })

    expect(shown.data?.why[0]?.attribution?.total).toBeCloseTo(top[0]?.logit ?? NaN, 3)
  })

  it('is kept with the run, and what is known is not computed again', async () => {
    await requests().answer({ type: 'requestWhy', subject: subjectAt(1), knockedOut: [] })
    posted = []

    await requests(UNAVAILABLE).answer({ type: 'requestWhy', subject: subjectAt(1), knockedOut: [] })

    expect(posted.map(({ type }) => type)).toEqual(['setWhy', 'endWhy'])
    expect(posted[0]).toMatchObject({ answer: { attribution: { total: expect.any(Number) as number } } })
  })

  it('adds the knockout of rows, the start token included', async () => {
    await requests().answer({ type: 'requestWhy', subject: subjectAt(1), knockedOut: [] })
    posted = []

    for (const row of [0, 1])
      await requests().answer({ type: 'requestWhy', subject: subjectAt(1), knockedOut: [row] })

    const [start, first] = posted.flatMap((message) =>
      message.type === 'addWhyPart' && message.part.kind === 'knockout' ? [message.part.knockout] : [],
    )
    expect(partKinds()).toEqual(['knockout', 'knockout'])
    expect([start?.rows, first?.rows]).toEqual([[0], [1]])
    expect(start?.logProbs).toHaveLength(2)
    const { logProb = NaN } = finished.inspection.sections[0]?.predictions.at(1)?.score ?? {}
    const changes = [start, first].map((knockout) => Math.abs((knockout?.logProbs[0] ?? NaN) - logProb))
    expect(Math.min(...changes)).toBeGreaterThan(0.001)
    expect(start?.logProbs[0]).not.toBeCloseTo(first?.logProbs[0] ?? NaN, 3)
  })

  it('begins again with the model of another backend, and is kept with it', async () => {
    const wasm = { ...finished.inspection.model, backend: 'wasm' } as const
    const native = { ...wasm, backend: 'native' } as const
    shown = shownRunOf({ ...finished, inspection: { ...finished.inspection, model: native } })
    const failing: WhyRequestsOptions['explanations'] = {
      ...UNAVAILABLE,
      attribution: (request, options) => explanations.attribution(request, options),
      lensOf: (request, { onContinued, ...options } = {}) => {
        if (request.model?.backend === 'native') onContinued?.(wasm)
        return explanations.lensOf(request, options)
      },
      contextCurves: (request, options) => explanations.contextCurves(request, options),
    }

    await requests(failing).answer({ type: 'requestWhy', subject: subjectAt(1), knockedOut: [] })

    const events = posted.map((message) =>
      message.type === 'addWhyPart'
        ? message.part.kind
        : `${message.type} ${modelOf(message)?.backend ?? ''}`,
    )
    expect(events.slice(0, 5)).toEqual(['setWhy ', 'attribution', 'setWhy wasm', 'attribution', 'layers'])
    expect(shown.data?.why[0]).toMatchObject({ model: { backend: 'wasm' }, layers: [{}, {}] })
  })

  it('has no attribution in int8', async () => {
    const { inspection } = finished
    shown = shownRunOf({
      ...finished,
      inspection: { ...inspection, model: { ...inspection.model, precision: 'int8' } },
    })
    const curves = { ...UNAVAILABLE, lensOf: () => Promise.reject(new Error('the model is another one')) }

    await requests(curves).answer({ type: 'requestWhy', subject: subjectAt(1), knockedOut: [] })

    expect(partKinds()).toEqual([])
    expect(posted.at(-1)).toMatchObject({ failure: { message: 'the model is another one' } })
  })
})

describe('a request that cannot be answered', () => {
  it('fails with the message and its remedies', async () => {
    await requests(UNAVAILABLE).answer({ type: 'requestWhy', subject: subjectAt(1), knockedOut: [] })
    expect(posted.at(-1)).toEqual({
      type: 'endWhy',
      subject: subjectAt(1),
      failure: { message: 'the engine is unavailable', remedies: [] },
    })
  })

  it('fails if the run is not shown any more, or has no such row', async () => {
    const others = [{ ...subjectAt(1), inspectionId: 'b' }, subjectAt(1000), { ...subjectAt(1), section: 7 }]
    for (const subject of others) await requests().answer({ type: 'requestWhy', subject, knockedOut: [] })

    expect(posted.map(({ type }) => type)).toEqual(['endWhy', 'endWhy', 'endWhy'])
    expect(posted[0]).toMatchObject({ failure: { message: expect.stringContaining('newer run') as string } })
  })
})

describe('a newer request', () => {
  it('cancels the work on the one before, which posts nothing more', async () => {
    const waiting = untilAborted()
    const both = requests({ ...UNAVAILABLE, attribution: waiting.attribution })
    const first = both.answer({ type: 'requestWhy', subject: subjectAt(1), knockedOut: [] })
    await waiting.began

    both.cancel()
    await first

    expect(posted.map(({ type }) => type)).toEqual(['setWhy'])
  })
})

describe('a text to hold a token against', () => {
  it('is answered with its first token, as it stands', async () => {
    await requests().answerFirstToken({ type: 'requestFirstToken', text: ' throw new' })
    expect(posted).toEqual([{ type: 'firstToken', text: ' throw new', tokenId: 3714 }])
  })

  it('is answered with null if tokenizing fails', async () => {
    await requests(UNAVAILABLE).answerFirstToken({ type: 'requestFirstToken', text: 'x' })
    expect(posted).toEqual([{ type: 'firstToken', text: 'x', tokenId: null }])
  })
})

function modelOf(message: HostMessage): ModelInfo | undefined {
  return message.type === 'setWhy' ? message.answer.model : undefined
}

function shownRunOf(data: InspectionRun): Run {
  return Run.restored({ ...data, inspection: { ...data.inspection, generation: COMPLETION } })
}

/** A run of a completion needs no document. */
const COMPLETION = {
  sampling: { temperature: 0, topK: 0, topP: 1, minP: 0 },
  seed: 0,
  typed: [],
  candidates: [],
}

function requests(answers: WhyRequestsOptions['explanations'] = explanations): WhyRequests {
  return new WhyRequests({
    explanations: answers,
    log: SILENT_LOG,
    shown: new ShownRun({
      run: () => shown,
      post: (message) => posted.push(message),
      store: { saveSoon: () => undefined },
    }),
    baselineSide: () => {
      throw new Error('nothing is compared')
    },
  })
}

const SILENT_LOG = { error: () => undefined } as never

const unavailable = () => Promise.reject(new Error('the engine is unavailable'))
const UNAVAILABLE: WhyRequestsOptions['explanations'] = {
  attribution: unavailable,
  lensOf: unavailable,
  contextCurves: unavailable,
  knockout: unavailable,
  firstTokenOf: unavailable,
}

/** An attribution that takes until it is cancelled. */
function untilAborted() {
  let begin: () => void = () => undefined
  const began = new Promise<void>((resolve) => (begin = resolve))
  const attribution: WhyRequestsOptions['explanations']['attribution'] = (_, { signal } = {}) => {
    begin()
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        reject(new Error('aborted'))
      })
    })
  }
  return { attribution, began }
}

/** The most likely other token. */
function rival(): number {
  const prediction = finished.inspection.sections[0]?.predictions.at(1)
  const other = [...(prediction?.score?.top ?? [])].find(({ tokenId }) => tokenId !== prediction?.tokenId)
  return other?.tokenId ?? NaN
}

function subjectAt(position: number): WhySubject {
  const tokenId = finished.inspection.sections[0]?.tokens[position]?.tokenId ?? 0
  const against = { kind: 'token', tokenId: rival() } as const
  return { inspectionId: 'a', section: 0, position, side: 'shown', tokenId, against }
}

function partKinds(): WhyPart['kind'][] {
  const kinds = posted.flatMap((message) => (message.type === 'addWhyPart' ? [message.part.kind] : []))
  return kinds.filter((kind, i) => kind === 'knockout' || kinds.indexOf(kind) === i)
}
