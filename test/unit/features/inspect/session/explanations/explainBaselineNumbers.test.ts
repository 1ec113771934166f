// The baseline's side is explained with the numbers of the comparison.

import { beforeAll, expect, it, vi } from 'vitest'
import { LensRequests } from '../../../../../../src/features/inspect/session/lensOfRun'
import { ShownRun } from '../../../../src/features/inspect/explain/shownRun'
import { WhyRequests } from '../../../../../../src/features/inspect/session/whyOfRun'
import { UNEXPLAINED } from '../../../../../../src/features/inspect/session/inspectionRun'
import { Run } from '../../../../../../src/cli/run'
import { compareInspection } from '../../../../../../src/prediction/compare/compareInspection'
import { Comparisons } from '../../../../../../src/prediction/compare/comparisons'
import { Explanations } from '../../../../../../src/prediction/explain/explanations'
import {
  type PreparedInspection,
  prepareInspection,
} from '../../../../../../src/prediction/windows/inspectDocument'
import { PredictionService } from '../../../../../../src/prediction/windows/predictionService'
import type {
  ComparedToken,
  InspectionComparison,
} from '../../../../../../src/shared/contracts/panel/comparison'
import type { ContextMode } from '../../../../../../src/shared/contracts/panel/inspection'
import { decodeLensRows } from '../../../../../../src/shared/contracts/panel/lensRows'
import type { HostMessage } from '../../../../../../src/shared/contracts/panel/protocol'
import { elementAt } from '../../../../../../src/shared/elementAt'
import {
  connect,
  freshEngine,
  loadMini,
  LOADING_LIMIT_MS,
} from '../../../../../support/engine/engineUnderTest'

vi.mock('vscode', () => ({}))

const TEXT = 'throw new ConfigError(path) // the text continues'
const POSITION = 2

let posted: HostMessage[]
let tokens: readonly ComparedToken[]
/** The token at POSITION. */
let explainedId: number
let lens: LensRequests
let why: WhyRequests

/** The text alone, compared with the same text after the tokens before it. */
beforeAll(async () => {
  const engine = connect(freshEngine(await loadMini()))
  const service = new PredictionService(engine)
  const prepare = (context: ContextMode) => prepareInspection(service, requestFor(context))
  const [shown, baseline] = [await prepare('selection'), await prepare('document')]
  const comparison = await compare(new Comparisons(engine, service), shown, baseline)
  tokens = [...elementAt(comparison.sections, 0).tokens]
  explainedId = elementAt(elementAt(shown.inspection.sections, 0).tokens, POSITION).tokenId

  const data = {
    ...shown,
    inspection: { ...shown.inspection, comparison },
    textDigest: '',
    wholeDocument: false,
    seconds: 0,
    ...UNEXPLAINED,
  }
  const run = new Run({ subject: data })
  run.begin(data)
  posted = []
  const options = {
    explanations: new Explanations(engine, service),
    log: { error: () => undefined } as never,
    shown: new ShownRun({
      run: () => run,
      post: (message) => posted.push(message),
      store: { saveSoon: () => undefined },
    }),
    baselineSide: () => baseline,
  }
  lens = new LensRequests(options)
  why = new WhyRequests(options)
}, LOADING_LIMIT_MS)

it('the last layer of the lens is the baseline’s prediction', async () => {
  await lens.answer({
    type: 'requestLens',
    inspectionId: 'a',
    request: 1,
    side: 'baseline',
    section: 0,
    from: POSITION,
    end: POSITION + 1,
  })

  const message = posted.find((message) => message.type === 'lensRows')
  const [row] = message === undefined ? [] : decodeLensRows(message.rows)
  expect(row?.logProb.at(-1)).toBeCloseTo(baselineLogProb(), 4)
})

it('the curve over the context ends at the baseline’s prediction', async () => {
  const subject = {
    inspectionId: 'a',
    section: 0,
    position: POSITION,
    side: 'baseline',
    tokenId: explainedId,
    against: { kind: 'nothing' },
  } as const

  await why.answer({ type: 'requestWhy', subject, knockedOut: [] })

  const curves = posted.flatMap((message) =>
    message.type === 'addWhyPart' && message.part.kind === 'context' ? message.part.context : [],
  )
  expect(curves.at(-1)?.at(-1)?.logProb).toBeCloseTo(baselineLogProb(), 4)
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
