import { beforeEach, describe, expect, it } from 'vitest'
import { BaselineTextError } from '../../../../../src/features/inspect/session/baselines'
import {
  type ExplanationWork,
  ReplacedRunError,
} from '../../../../../src/features/inspect/session/runExplanations'
import type { BaselineSide } from '../../../../../src/prediction/compare/compareInspection'
import type {
  ExplainedRow,
  ExplainedRows,
  ExplainOptions,
  LensOptions,
} from '../../../../../src/prediction/explain/explanations'
import type { ComparisonSide } from '../../../../../src/shared/contracts/panel/comparison'
import type { WhyAnswer, WhyPart, WhySubject } from '../../../../../src/shared/contracts/panel/why'
import { elementAt } from '../../../../../src/shared/elementAt'
import type { ComparedInspection } from '../../../../../src/shared/text/comparisonText'
import { comparedModels, comparedTexts, EDIT } from '../../../../support/panel/comparedInspection'
import { ExplainedRun, UNAVAILABLE, unexplainedRun } from '../../../../support/panel/explainedRun'
import { lensRowOf } from '../../../../support/panel/lensOfInspection'
import { readGpt2Vocabulary } from '../../../../support/texts/gpt2Vocabulary'

const vocabulary = readGpt2Vocabulary()
const models = comparedModels(vocabulary)
/** Two tokens of the baseline are in place of one of the shown side: from there on, its positions are one higher. */
const texts = withPositions(comparedTexts(vocabulary))
const LOCATION = { id: 'gpt2', folder: '/gpt2', description: '', storage: 'user' } as const
const ROW = lensRowOf(models, { section: 0, position: 0 })

let asked: ExplainedRows[]
let explainedRows: ExplainedRow[]
/** Positions of the rows of the lens that were given. */
let positions: number[]
let given: (WhyAnswer | WhyPart)[]

beforeEach(() => {
  asked = []
  explainedRows = []
  positions = []
  given = []
})

describe('the lens of the baseline’s side', () => {
  it('is of the baseline’s model on the same tokens, in the windows of the comparison', async () => {
    await askLens(show(models, sideOfModels), [3, 5])

    const { model, baselineModel, maxPositions, from, end } = elementAt(asked, 0)
    expect(model).toBe(models.comparison.models?.baseline)
    expect(baselineModel).toEqual({ location: LOCATION, precision: 'fp32' })
    expect([maxPositions, from, end]).toEqual([512, 3, 5])
  })

  it('is at the positions of the shown side, without the tokens that only one text has', async () => {
    await askLens(show(texts, sideOfTexts), [EDIT.onlyShown - 2, EDIT.onlyShown + 3])

    expect(asked.map(({ from, end }) => [from, end])).toEqual([
      [EDIT.onlyShown - 2, EDIT.onlyShown],
      [EDIT.onlyShown + 2, EDIT.onlyShown + 4],
    ])
    expect(positions).toEqual([-2, -1, 1, 2].map((i) => EDIT.onlyShown + i))
  })

  it('ends with the row after the last token, however far the page asks', async () => {
    await askLens(show(models, sideOfModels), [3, Number.MAX_SAFE_INTEGER])

    expect(elementAt(asked, 0).end).toBe(elementAt(models.sections, 0).tokens.length + 1)
  })

  it('is not kept with the run, so that each question computes it', async () => {
    const explained = show(models, sideOfModels)

    await askLens(explained, [3, 5])
    await askLens(explained, [3, 5])

    expect([explained.run.lens.size, explained.changeCount]).toEqual([0, 0])
    expect(asked).toHaveLength(2)
    expect(positions).toEqual([3, 4, 3, 4])
  })

  it('is computed where the run has rows of the shown side', async () => {
    const explained = show(models, sideOfModels)
    const { run } = explained
    explained.run = { ...run, lens: run.lens.with({ section: 0, position: 3 }, [ROW, ROW]) }

    await askLens(explained, [3, 5])

    expect(asked.map(({ from, end }) => [from, end])).toEqual([[3, 5]])
  })

  it('rejects with the reason if the baseline’s text is not known any more', async () => {
    const reason = new BaselineTextError('Compare again.')
    const explained = show(texts, () => {
      throw reason
    })

    await expect(askLens(explained, [3, 5])).rejects.toBe(reason)
  })

  it('rejects if the models of the comparison are not known yet', async () => {
    const loading = { ...models, comparison: { ...models.comparison, models: null } }

    await expect(askLens(show(loading, sideOfModels), [3, 5])).rejects.toThrow(ReplacedRunError)

    expect(asked).toEqual([])
  })
})

it.each<[string, ComparisonSide | undefined, readonly ComparisonSide[]]>([
  ['only the baseline’s work if that side is named', 'baseline', ['baseline']],
  ['only the work on the shown side if that one is named', 'shown', ['shown']],
  ['the work on both sides if none is named', undefined, ['shown', 'baseline']],
])('a cancel aborts %s', (_, cancelled, expected) => {
  const works: { readonly side: ComparisonSide; readonly signal: AbortSignal | undefined }[] = []
  const begin = (request: Pick<ExplainedRows, 'baselineModel'>, { signal }: ExplainOptions = {}) => {
    works.push({ side: sideOf(request), signal })
    return new Promise<never>(() => undefined)
  }
  const explained = show(models, sideOfModels, { lens: begin, attribution: begin })
  for (const side of ['shown', 'baseline'] as const) {
    void askLens(explained, [3, 5], side)
    void askWhy(explained, 20, side)
  }

  explained.explanations.cancel(cancelled)

  expect(works.map(({ side }) => side)).toEqual(['shown', 'shown', 'baseline', 'baseline'])
  expect(works.map(({ signal }) => signal?.aborted)).toEqual(works.map(({ side }) => expected.includes(side)))
})

describe('why the baseline predicts a token', () => {
  it('is asked of the row that predicts it there, and says where its window is', async () => {
    await askWhy(show(texts, sideOfTexts), EDIT.onlyShown + 4)

    const [begin] = given
    if (begin === undefined || !('window' in begin)) throw new Error('the answer begins with what is known')
    expect(elementAt(explainedRows, 0).token).toBe(EDIT.onlyShown + 5)
    expect(begin.window.inputIds.length + begin.window.rowOffset).toBe(EDIT.onlyShown + 5)
  })

  it('is not kept with the run', async () => {
    const explained = show(models, sideOfModels)

    await askWhy(explained, 20)

    expect(given.map((item) => ('kind' in item ? item.kind : 'answer'))).toEqual([
      'answer',
      'attribution',
      'layers',
    ])
    expect(explained.run.why).toEqual([])
    expect(explained.changeCount).toBe(0)
  })

  it('is not answered for a token that it does not have', async () => {
    await expect(askWhy(show(texts, sideOfTexts), EDIT.onlyShown)).rejects.toThrow(ReplacedRunError)

    expect(given).toEqual([])
    expect(explainedRows).toEqual([])
  })
})

function show(
  inspection: ComparedInspection,
  baselineSide: () => BaselineSide,
  explanations: Partial<ExplanationWork['explanations']> = {},
): ExplainedRun {
  return new ExplainedRun(unexplainedRun(inspection, sequenceOf(inspection)), {
    explanations: { ...ANSWERS, ...explanations },
    baselineSide,
  })
}

function sequenceOf(inspection: ComparedInspection) {
  const { tokens } = elementAt(inspection.sections, 0)
  return { tokenIds: Int32Array.from(tokens, ({ tokenId }) => tokenId), from: 0, to: tokens.length }
}

function sideOfModels(): BaselineSide {
  return { model: { location: LOCATION, precision: 'fp32' }, sequences: [sequenceOf(models)] }
}

function sideOfTexts(): BaselineSide {
  const shown = [...sequenceOf(texts).tokenIds]
  const tokenIds = Int32Array.from(shown.toSpliced(EDIT.onlyShown, 1, ...EDIT.onlyBaseline))
  return { sequences: [{ tokenIds, from: 0, to: tokenIds.length }] }
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
  onRows(request.from, new Array<typeof ROW>(request.end - request.from).fill(ROW))
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

const ANSWERS: ExplanationWork['explanations'] = {
  ...UNAVAILABLE,
  lens: answerLens,
  attribution: (request) => {
    explainedRows.push(request)
    return Promise.resolve({ ...ATTRIBUTION, inputIds: Int32Array.of() })
  },
  lensOf: (request) => {
    explainedRows.push(request)
    return Promise.resolve(ROW)
  },
  contextCurves: () => Promise.resolve([]),
}

/** The side that a request of a comparison of models is about. */
function sideOf({ baselineModel }: Pick<ExplainedRows, 'baselineModel'>): ComparisonSide {
  return baselineModel === undefined ? 'shown' : 'baseline'
}

/** Asks about the positions [from, end). */
function askLens(
  { explanations, run }: ExplainedRun,
  [from, end]: readonly [from: number, end: number],
  side: ComparisonSide = 'baseline',
): Promise<void> {
  const { signal } = new AbortController()
  const question = { inspectionId: run.inspection.id, side, section: 0, from, end }
  return explanations.lens(question, {
    signal,
    onRows: (position, rows) => positions.push(...rows.map((_, i) => position + i)),
  })
}

function askWhy(
  { explanations, run }: ExplainedRun,
  position: number,
  side: ComparisonSide = 'baseline',
): Promise<void> {
  const { signal } = new AbortController()
  const contrast = { kind: 'nothing' } as const
  const subject: WhySubject = {
    inspectionId: run.inspection.id,
    section: 0,
    position,
    side,
    tokenId: 5,
    contrast,
  }
  return explanations.why(
    { subject, knockedOut: [] },
    {
      signal,
      onAnswer: (answer) => given.push(answer),
      onPart: (part) => given.push(part),
    },
  )
}
