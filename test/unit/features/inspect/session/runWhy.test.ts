import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type ExplanationWork,
  ReplacedRunError,
} from '../../../../../src/features/inspect/session/runExplanations'
import { type InspectionRun, UNEXPLAINED } from '../../../../../src/features/inspect/session/inspectionRun'
import { Explanations } from '../../../../../src/prediction/explain/explanations'
import { finishInspection, prepareInspection } from '../../../../../src/prediction/windows/inspectDocument'
import { PredictionService } from '../../../../../src/prediction/windows/predictionService'
import type { Contrast } from '../../../../../src/shared/contracts/engine/explanation'
import type { WhyAnswer, WhyPart, WhySubject } from '../../../../../src/shared/contracts/panel/why'
import { elementAt } from '../../../../../src/shared/elementAt'
import { CancelledError } from '../../../../../src/shared/errors'
import { connect, freshEngine, loadMini, LOADING_LIMIT_MS } from '../../../../support/engine/engineUnderTest'
import { ExplainedRun, UNAVAILABLE } from '../../../../support/panel/explainedRun'

const TEXT = 'throw new ConfigError(path) // the text continues'
/** Tokens before the section, which are its context. */
const CONTEXT_TOKENS = 2

type Attribution = ExplanationWork['explanations']['attribution']

/** An answer as it was given, in order. */
type Given =
  { readonly kind: 'answer'; readonly answer: WhyAnswer } | { readonly kind: 'part'; readonly part: WhyPart }

let finished: InspectionRun
let engineAnswers: Explanations
let explained: ExplainedRun

beforeAll(async () => {
  const engine = connect(freshEngine(await loadMini()))
  const service = new PredictionService(engine)
  engineAnswers = new Explanations(engine, service)
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
}, LOADING_LIMIT_MS)

beforeEach(() => {
  explained = new ExplainedRun(finished, { explanations: engineAnswers })
})

describe('why a token was predicted', () => {
  it('begins with the window’s tokens, and has all parts', async () => {
    const given = await ask(subjectAt(1))

    expect(given.map(({ kind }) => kind).lastIndexOf('answer')).toBe(0)
    expect(new Set(partKinds(given))).toEqual(new Set(['attribution', 'layers', 'context']))
    const { subject, window } = firstAnswer(given)
    const { inputIds, rowOffset } = window
    expect(subject).toEqual(subjectAt(1))
    expect(inputIds.length).toBe(1 + CONTEXT_TOKENS + 1)
    expect([inputIds[0], rowOffset]).toEqual([50256, 1 - inputIds.length])
  })

  it('has curves that end at the log-probability of the token', async () => {
    await ask(subjectAt(1))

    const { logProb = NaN } = scoreAt(1) ?? {}
    const [answer] = explained.run.why
    expect(answer?.layers?.[0]?.at(-1)).toBeCloseTo(logProb, 4)
    expect(answer?.context?.[0]?.at(-1)?.logProb).toBeCloseTo(logProb, 4)
    expect(answer?.context?.[0]?.map(({ tokens }) => tokens)).toEqual([1, 2, 3])
  })

  it('attributes the difference of the two logits', async () => {
    await ask(subjectAt(1))

    const score = scoreAt(1)
    const other = [...(score?.top ?? [])].find(({ tokenId }) => tokenId === rival())
    const [answer] = explained.run.why
    expect(answer?.attribution?.total).toBeCloseTo((score?.logit ?? NaN) - (other?.logit ?? NaN), 3)
  })

  it('is explained for the row after the last token', async () => {
    const section = elementAt(finished.inspection.sections, 0)
    const top = [...(section.next?.top ?? [])]
    const contrast: Contrast = { kind: 'nothing' }
    await ask({ ...subjectAt(section.tokens.length), tokenId: elementAt(top, 0).tokenId, contrast })

    expect(explained.run.why[0]?.attribution?.total).toBeCloseTo(top[0]?.logit ?? NaN, 3)
  })

  it('is kept with the run, and the known parts are not computed again', async () => {
    await ask(subjectAt(1))
    explained = new ExplainedRun(explained.run, { explanations: UNAVAILABLE })

    const given = await ask(subjectAt(1))

    expect(given.map(({ kind }) => kind)).toEqual(['answer'])
    expect(firstAnswer(given)).toMatchObject({ attribution: { total: expect.any(Number) as number } })
  })

  it('has the knockout of rows, the start token included', async () => {
    await ask(subjectAt(1))

    const given = [...(await ask(subjectAt(1), [0])), ...(await ask(subjectAt(1), [1]))]

    const [start, first] = partsOf(given).flatMap((part) => (part.kind === 'knockout' ? [part.knockout] : []))
    expect(partKinds(given)).toEqual(['knockout', 'knockout'])
    expect([start?.rows, first?.rows]).toEqual([[0], [1]])
    expect(start?.logProbs).toHaveLength(2)
    const { logProb = NaN } = scoreAt(1) ?? {}
    const changes = [start, first].map((knockout) => Math.abs((knockout?.logProbs[0] ?? NaN) - logProb))
    expect(Math.min(...changes)).toBeGreaterThan(0.001)
    expect(start?.logProbs[0]).not.toBeCloseTo(first?.logProbs[0] ?? NaN, 3)
  })

  it('begins again with the model of another backend, and is kept with it', async () => {
    const wasm = { ...finished.inspection.model, backend: 'wasm' } as const
    const native = { ...wasm, backend: 'native' } as const
    explained = new ExplainedRun(
      { ...finished, inspection: { ...finished.inspection, model: native } },
      {
        explanations: {
          ...UNAVAILABLE,
          attribution: (request, options) => engineAnswers.attribution(request, options),
          lensOf: (request, { onContinued, ...options } = {}) => {
            if (request.model?.backend === 'native') onContinued?.(wasm)
            return engineAnswers.lensOf(request, options)
          },
          contextCurves: (request, options) => engineAnswers.contextCurves(request, options),
        },
      },
    )

    const given = await ask(subjectAt(1))

    const events = given.map((update) =>
      update.kind === 'part' ? update.part.kind : `answer ${update.answer.model?.backend ?? ''}`,
    )
    expect(events.slice(0, 5)).toEqual(['answer ', 'attribution', 'answer wasm', 'attribution', 'layers'])
    expect(explained.run.why[0]).toMatchObject({ model: { backend: 'wasm' }, layers: [{}, {}] })
  })

  it('has no attribution in int8', async () => {
    const { inspection } = finished
    const model = { ...inspection.model, precision: 'int8' } as const
    const failure = new Error('the model is another one')
    explained = new ExplainedRun(
      { ...finished, inspection: { ...inspection, model } },
      { explanations: { ...UNAVAILABLE, lensOf: () => Promise.reject(failure) } },
    )

    const given: Given[] = []
    await expect(ask(subjectAt(1), [], { given })).rejects.toBe(failure)
    expect(partKinds(given)).toEqual([])
  })

  it('does not change a run that has replaced the one it is about', async () => {
    const other = { ...finished, inspection: { ...finished.inspection, id: 'b' } }
    show(async (request) => {
      explained.run = other
      return engineAnswers.attribution(request)
    })

    await ask(subjectAt(1))

    expect(explained.run).toBe(other)
  })
})

describe('a question why that cannot be answered', () => {
  it('rejects with the failure of the engine', async () => {
    const failure = new Error('the engine is unavailable')
    show(() => Promise.reject(failure))

    await expect(ask(subjectAt(1))).rejects.toBe(failure)
  })

  it.each<[string, () => WhySubject]>([
    ['another run', () => ({ ...subjectAt(1), inspectionId: 'b' })],
    ['a row that the run does not have', () => subjectAt(1000)],
    ['a section that the run does not have', () => ({ ...subjectAt(1), section: 7 })],
  ])('rejects if it is about %s', async (_, subject) => {
    const given: Given[] = []
    const error: unknown = await ask(subject(), [], { given }).catch((reason: unknown) => reason)

    expect(error).toBeInstanceOf(ReplacedRunError)
    expect(error).toMatchObject({ message: expect.stringContaining('newer run') as string })
    expect(given).toEqual([])
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
])('a question why that is cancelled %s', (_, cancel) => {
  it('rejects with a CancelledError, and a part that still arrives is neither given nor kept', async () => {
    const caller = new AbortController()
    const signals: (AbortSignal | undefined)[] = []
    show(async (request, { signal } = {}) => {
      cancel(caller)
      signals.push(signal)
      return engineAnswers.attribution(request)
    })

    const given: Given[] = []
    await expect(ask(subjectAt(1), [], { given, signal: caller.signal })).rejects.toThrow(CancelledError)

    expect(signals.map((signal) => signal?.aborted)).toEqual([true])
    expect(given.map(({ kind }) => kind)).toEqual(['answer'])
    expect(explained.run.why).toEqual([])
  })
})

describe('the first token of a text to contrast a token with', () => {
  it('is that of the text as it stands', async () => {
    const { signal } = new AbortController()
    expect(await explained.explanations.firstToken(' throw new', { signal })).toBe(3714)
  })

  it('is rejected with the failure if tokenizing fails', async () => {
    const failure = new Error('the tokenizer crashed')
    const explanations = { ...UNAVAILABLE, firstTokenOf: () => Promise.reject(failure) }
    explained = new ExplainedRun(finished, { explanations })

    const { signal } = new AbortController()
    await expect(explained.explanations.firstToken('x', { signal })).rejects.toBe(failure)
  })
})

/** Shows the finished run with attributions of the test and otherwise the explanations of the engine. */
function show(attribution: Attribution): void {
  explained = new ExplainedRun(finished, {
    explanations: {
      ...UNAVAILABLE,
      attribution,
      lensOf: (...request) => engineAnswers.lensOf(...request),
      contextCurves: (...request) => engineAnswers.contextCurves(...request),
    },
  })
}

/** Adds what is given to `given`, and returns it. */
async function ask(
  subject: WhySubject,
  knockedOut: readonly number[] = [],
  {
    given = [],
    signal = new AbortController().signal,
  }: { readonly given?: Given[]; readonly signal?: AbortSignal } = {},
): Promise<readonly Given[]> {
  await explained.explanations.why(
    { subject, knockedOut },
    {
      signal,
      onAnswer: (answer) => given.push({ kind: 'answer', answer }),
      onPart: (part) => given.push({ kind: 'part', part }),
    },
  )
  return given
}

function firstAnswer([first]: readonly Given[]): WhyAnswer {
  if (first?.kind !== 'answer') throw new Error('the answer begins with what is known')
  return first.answer
}

function partsOf(given: readonly Given[]): WhyPart[] {
  return given.flatMap((item) => (item.kind === 'part' ? [item.part] : []))
}

/** The kinds of the parts; those that are given repeatedly as they grow are listed once. */
function partKinds(given: readonly Given[]): WhyPart['kind'][] {
  const kinds = partsOf(given).map(({ kind }) => kind)
  return kinds.filter((kind, i) => kind === 'knockout' || kinds.indexOf(kind) === i)
}

function scoreAt(position: number) {
  return finished.inspection.sections[0]?.predictions.at(position)?.score
}

/** The most likely other token. */
function rival(): number {
  const prediction = finished.inspection.sections[0]?.predictions.at(1)
  const other = [...(prediction?.score?.top ?? [])].find(({ tokenId }) => tokenId !== prediction?.tokenId)
  return other?.tokenId ?? NaN
}

function subjectAt(position: number): WhySubject {
  const tokenId = finished.inspection.sections[0]?.tokens[position]?.tokenId ?? 0
  const contrast = { kind: 'token', tokenId: rival() } as const
  return { inspectionId: 'a', section: 0, position, side: 'shown', tokenId, contrast }
}
