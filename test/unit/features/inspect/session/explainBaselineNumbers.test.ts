// The baseline's side is explained with the numbers of the comparison.

import { beforeAll, expect, it } from 'vitest'
import type { RunExplanations } from '../../../../../src/features/inspect/session/runExplanations'
import { UNEXPLAINED } from '../../../../../src/features/inspect/session/inspectionRun'
import { compareInspection } from '../../../../../src/prediction/compare/compareInspection'
import { Comparisons } from '../../../../../src/prediction/compare/comparisons'
import { Explanations } from '../../../../../src/prediction/explain/explanations'
import {
  type PreparedInspection,
  prepareInspection,
} from '../../../../../src/prediction/windows/inspectDocument'
import { PredictionService } from '../../../../../src/prediction/windows/predictionService'
import type { ContextPoint, LensRow } from '../../../../../src/shared/contracts/engine/explanation'
import type {
  ComparedToken,
  InspectionComparison,
} from '../../../../../src/shared/contracts/panel/comparison'
import type { ContextMode } from '../../../../../src/shared/contracts/panel/inspection'
import { elementAt } from '../../../../../src/shared/elementAt'
import { connect, freshEngine, loadMini, LOADING_LIMIT_MS } from '../../../../support/engine/engineUnderTest'
import { ExplainedRun } from '../../../../support/panel/explainedRun'

const TEXT = 'throw new ConfigError(path) // the text continues'
const POSITION = 2

let tokens: readonly ComparedToken[]
/** The token at POSITION. */
let explainedId: number
let explanations: RunExplanations

/** The text alone, compared with the same text after the tokens before it. */
beforeAll(async () => {
  const engine = connect(freshEngine(await loadMini()))
  const service = new PredictionService(engine)
  const prepare = (context: ContextMode) => prepareInspection(service, requestFor(context))
  const [shown, baseline] = [await prepare('selection'), await prepare('document')]
  const comparison = await compare(new Comparisons(engine, service), shown, baseline)
  tokens = [...elementAt(comparison.sections, 0).tokens]
  explainedId = elementAt(elementAt(shown.inspection.sections, 0).tokens, POSITION).tokenId

  const run = {
    ...shown,
    inspection: { ...shown.inspection, comparison },
    textDigest: '',
    wholeDocument: false,
    seconds: 0,
    ...UNEXPLAINED,
  }
  const explained = new ExplainedRun(run, {
    explanations: new Explanations(engine, service),
    baselineSide: () => baseline,
  })
  explanations = explained.explanations
}, LOADING_LIMIT_MS)

it('the last layer of the lens is the baseline’s prediction', async () => {
  const found: LensRow[] = []
  await explanations.lens(
    { inspectionId: 'a', side: 'baseline', section: 0, from: POSITION, end: POSITION + 1 },
    { signal: new AbortController().signal, onRows: (_, rows) => found.push(...rows) },
  )

  expect(found).toHaveLength(1)
  expect(elementAt(found, 0).logProb.at(-1)).toBeCloseTo(baselineLogProb(), 4)
})

it('the curve over the context ends at the baseline’s prediction', async () => {
  const subject = {
    inspectionId: 'a',
    section: 0,
    position: POSITION,
    side: 'baseline',
    tokenId: explainedId,
    contrast: { kind: 'nothing' },
  } as const
  let curves: readonly (readonly ContextPoint[])[] = []

  await explanations.why(
    { subject, knockedOut: [] },
    {
      signal: new AbortController().signal,
      onAnswer: () => undefined,
      onPart: (part) => {
        if (part.kind === 'context') curves = part.context
      },
    },
  )

  expect(curves).toHaveLength(1)
  expect(curves[0]?.at(-1)?.logProb).toBeCloseTo(baselineLogProb(), 4)
})

function requestFor(context: ContextMode) {
  return {
    id: 'a',
    documentUri: 'file:///a.ts',
    documentName: 'a.ts',
    text: TEXT,
    ranges: [{ range: { start: 'throw new'.length, end: TEXT.length }, lines: { first: 1, last: 1 } }],
    context,
    startToken: true,
    topK: 3,
  }
}

async function compare(
  comparisons: Comparisons,
  shown: PreparedInspection,
  baseline: PreparedInspection,
): Promise<InspectionComparison> {
  const found: ComparedToken[] = []
  await compareInspection(
    comparisons,
    { shown, baseline },
    {
      onTokens: (_, further) => {
        found.push(...further)
      },
    },
  )
  const { model } = shown.inspection
  return {
    baseline: { kind: 'context' },
    canSwap: false,
    models: { shown: model, baseline: model },
    state: { kind: 'done' },
    sections: [
      {
        tokens: found,
        next: null,
        shared: found.length,
        contextTokens: null,
        baselineOnly: [],
        isComplete: true,
      },
    ],
  }
}

function compared(): ComparedToken {
  const token = tokens.find(({ position }) => position === POSITION)
  if (token === undefined) throw new Error('the token is compared')
  return token
}

/** In the document, which is not how likely the token is alone. */
function baselineLogProb(): number {
  const { score, baselineScore } = compared()
  expect(Math.abs(score.logProb - baselineScore.logProb)).toBeGreaterThan(0.01)
  return baselineScore.logProb
}
