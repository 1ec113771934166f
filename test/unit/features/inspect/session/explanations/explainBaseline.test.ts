import { beforeEach, describe, expect, it, vi } from 'vitest'
import { LensRequests } from '../../../../../../src/features/inspect/session/lensOfRun'
import { ShownRun } from '../../../../src/features/inspect/explain/shownRun'
import { WhyRequests } from '../../../../../../src/features/inspect/session/whyOfRun'
import { UNEXPLAINED } from '../../../../../../src/features/inspect/session/inspectionRun'
import { Run } from '../../../../../../src/cli/run'
import type { BaselineSide } from '../../../../../../src/prediction/compare/compareInspection'
import type {
  ExplainedRow,
  ExplainedRows,
  LensOptions,
} from '../../../../../../src/prediction/explain/explanations'
import type { ComparisonSide } from '../../../../../../src/shared/contracts/panel/comparison'
import { decodeLensRows } from '../../../../../../src/shared/contracts/panel/lensRows'
import type { HostMessage } from '../../../../../../src/shared/contracts/panel/protocol'
import { elementAt } from '../../../../../../src/shared/elementAt'
import { LogitscopeError } from '../../../../../../src/shared/errors'
import type { ComparedInspection } from '../../../../../../src/shared/text/comparisonText'
import { comparedModels, comparedTexts, EDIT } from '../../../../../support/panel/comparedInspection'
import { lensRowOf } from '../../../../../support/panel/lensOfInspection'
import { readGpt2Vocabulary } from '../../../../../support/texts/gpt2Vocabulary'

vi.mock('vscode', () => ({}))

const vocabulary = readGpt2Vocabulary()
const models = comparedModels(vocabulary)
/** Two tokens of the baseline are in place of one of the shown side: from there on, its positions are one higher. */
const texts = withPositions(comparedTexts(vocabulary))
const LOCATION = { id: 'gpt2', folder: '/gpt2', description: '', storage: 'user' } as const

let posted: HostMessage[]
let asked: ExplainedRows[]
let explained: ExplainedRow[]
let run: Run
let lens: LensRequests
let lensAnswers: typeof answerLens
let why: WhyRequests

beforeEach(() => {
  posted = []
  asked = []
  explained = []
  lensAnswers = answerLens
})

describe('the lens of the baseline’s side', () => {
  it('is of the baseline’s model on the same tokens, in the windows of the comparison', async () => {
    show(models, sideOfModels())

    await lens.answer(lensRequest('baseline', 3, 5))

    const { model, baselineModel, maxPositions, from, end } = elementAt(asked, 0)
    expect(model).toBe(models.comparison.models?.baseline)
    expect(baselineModel).toEqual({ location: LOCATION, precision: 'fp32' })
    expect([maxPositions, from, end]).toEqual([512, 3, 5])
  })

  it('is at the positions of the shown side, without the tokens that only one text has', async () => {
    show(texts, sideOfTexts())

    await lens.answer(lensRequest('baseline', EDIT.onlyShown - 2, EDIT.onlyShown + 3))

    expect(asked.map(({ from, end }) => [from, end])).toEqual([
      [EDIT.onlyShown - 2, EDIT.onlyShown],
      [EDIT.onlyShown + 2, EDIT.onlyShown + 4],
    ])
    expect(postedPositions('baseline')).toEqual([-2, -1, 1, 2].map((i) => EDIT.onlyShown + i))
  })

  it('ends with the row after the last token, however far the page asks', async () => {
    show(models, sideOfModels())

    await lens.answer(lensRequest('baseline', 3, Number.MAX_SAFE_INTEGER))

    expect(posted.at(-1)).toMatchObject({ type: 'lensEnded', failure: null })
    expect(elementAt(asked, 0).end).toBe(elementAt(models.sections, 0).tokens.length + 1)
  })

  it('is not kept with the run', async () => {
    show(models, sideOfModels())

    await lens.answer(lensRequest('baseline', 3, 5))

    expect(run.data?.lens.size).toBe(0)
    expect(postedPositions('shown')).toEqual([])
  })

  it('fails with the reason if the baseline’s text is not known any more', async () => {
    show(texts, () => {
      throw new LogitscopeError('Compare again.')
    })

    await lens.answer(lensRequest('baseline', 3, 5))

    expect(posted.at(-1)).toMatchObject({ type: 'lensEnded', failure: { message: 'Compare again.' } })
  })
})

describe('before the baseline’s model is unloaded', () => {
  it.each<[ComparisonSide, boolean]>([
    ['baseline', true],
    ['shown', false],
  ])('work on the side “%s” is cancelled: %s', (side, isCancelled) => {
    show(models, sideOfModels())
    let signal: AbortSignal | undefined
    lensAnswers = (_, options) => {
      signal = options.signal
      return new Promise(() => undefined)
    }
    void lens.answer(lensRequest(side, 3, 5))

    lens.cancelBaseline()

    expect(signal?.aborted).toBe(isCancelled)
  })
})

describe('why the baseline predicts a token', () => {
  it('is asked of the row that predicts it there, and says where its window is', async () => {
    show(texts, sideOfTexts())

    await why.answer({ type: 'requestWhy', subject: subjectAt(EDIT.onlyShown + 4), knockedOut: [] })

    const [begin] = posted
    if (begin?.type !== 'setWhy') throw new Error('the answer begins with what is known')
    expect(elementAt(explained, 0).token).toBe(EDIT.onlyShown + 5)
    expect(begin.answer.window.inputIds.length + begin.answer.window.rowOffset).toBe(EDIT.onlyShown + 5)
    expect(posted.at(-1)).toMatchObject({ type: 'endWhy', failure: null })
  })

  it('is not kept with the run', async () => {
    show(models, sideOfModels())

    await why.answer({ type: 'requestWhy', subject: subjectAt(20), knockedOut: [] })

    expect(run.data?.why).toEqual([])
  })

  it('is not answered for a token that it does not have', async () => {
    show(texts, sideOfTexts())

    await why.answer({ type: 'requestWhy', subject: subjectAt(EDIT.onlyShown), knockedOut: [] })

    expect(posted).toMatchObject([{ type: 'endWhy', failure: { remedies: [] } }])
    expect(explained).toEqual([])
  })
})

function show(inspection: ComparedInspection, baselineSide: () => BaselineSide): void {
  const data = {
    inspection,
    sequences: [sequenceOf(inspection)],
    textDigest: '',
    wholeDocument: true,
    seconds: 0,
    ...UNEXPLAINED,
  }
  run = new Run({ subject: data })
  run.begin(data)
  const shown = new ShownRun({
    run: () => run,
    post: (message) => posted.push(message),
    store: { saveSoon: () => undefined },
  })
  const log = { error: () => undefined } as never
  lens = new LensRequests({
    explanations: { lens: (...request) => lensAnswers(...request) },
    log,
    shown,
    baselineSide,
  })
  why = new WhyRequests({ explanations: ANSWERS, log, shown, baselineSide })
}

function sequenceOf(inspection: ComparedInspection) {
  const { tokens } = elementAt(inspection.sections, 0)
  return { tokenIds: Int32Array.from(tokens, ({ tokenId }) => tokenId), from: 0, to: tokens.length }
}

function sideOfModels(): () => BaselineSide {
  return () => ({ model: { location: LOCATION, precision: 'fp32' }, sequences: [sequenceOf(models)] })
}

function sideOfTexts(): () => BaselineSide {
  const shown = [...sequenceOf(texts).tokenIds]
  const tokenIds = Int32Array.from(shown.toSpliced(EDIT.onlyShown, 1, ...EDIT.onlyBaseline))
  return () => ({ sequences: [{ tokenIds, from: 0, to: tokenIds.length }] })
}

function withPositions(inspection: ComparedInspection): ComparedInspection {
  const sections = inspection.comparison.sections.map((section) => ({
    ...section,
    tokens: [...section.tokens].map((token) => ({
      ...token,
      baselinePosition: token.position + Number(token.position > EDIT.onlyShown),
    })),
  }))
  return { ...inspection, comparison: { ...inspection.comparison, sections } }
}

/** Answers with any row for each that is asked. */
async function answerLens(request: ExplainedRows, { onRows }: LensOptions): Promise<void> {
  asked.push(request)
  const row = lensRowOf(models, { section: 0, position: 0 })
  onRows(request.from, new Array<typeof row>(request.end - request.from).fill(row))
  return Promise.resolve()
}

const ATTRIBUTION = {
  total: 0,
  wte: 0,
  wpe: 0,
  lnF: 0,
  attention: Float32Array.of(),
  attentionBias: Float32Array.of(),
  sources: Float32Array.of(),
  mlp: Float32Array.of(),
}

const ANSWERS: ConstructorParameters<typeof WhyRequests>[0]['explanations'] = {
  attribution: (request) => {
    explained.push(request)
    return Promise.resolve({ ...ATTRIBUTION, inputIds: Int32Array.of() })
  },
  lensOf: (request) => {
    explained.push(request)
    return Promise.resolve(lensRowOf(models, { section: 0, position: 0 }))
  },
  contextCurves: () => Promise.resolve([]),
  knockout: () => Promise.reject(new Error('not computed')),
  firstTokenOf: () => Promise.reject(new Error('not computed')),
}

function lensRequest(side: ComparisonSide, from: number, end: number) {
  return { type: 'requestLens', inspectionId: models.id, request: 1, side, section: 0, from, end } as const
}

function subjectAt(position: number) {
  const against = { kind: 'nothing' } as const
  return { inspectionId: models.id, section: 0, position, side: 'baseline', tokenId: 5, against } as const
}

function postedPositions(side: ComparisonSide): number[] {
  return posted.flatMap((message) =>
    message.type === 'lensRows' && message.side === side
      ? decodeLensRows(message.rows).map((_, i) => message.position + i)
      : [],
  )
}
