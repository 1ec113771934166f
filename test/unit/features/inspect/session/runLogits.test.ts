import { beforeEach, expect, it } from 'vitest'
import {
  type ExplanationWork,
  ReplacedRunError,
} from '../../../../../src/features/inspect/session/runExplanations'
import type { RowAddress } from '../../../../../src/shared/contracts/panel/panelCalls'
import { elementAt } from '../../../../../src/shared/elementAt'
import { InferenceError } from '../../../../../src/shared/errors'
import { ExplainedRun, unexplainedRun } from '../../../../support/panel/explainedRun'
import { referenceInspection } from '../../../../support/reference/referenceInspection'
import { readGpt2Vocabulary } from '../../../../support/texts/gpt2Vocabulary'

/** Tokens of the document before the section. */
const CONTEXT = 5
const inspection = referenceInspection('typescript +bos', readGpt2Vocabulary())
const { tokens } = elementAt(inspection.sections, 0)
const tokenIds = Int32Array.from({ length: CONTEXT + tokens.length }, (_, i) => i)
const LOGITS = Float32Array.of(1, 2)

let asked: Parameters<ExplanationWork['logits']>[]

beforeEach(() => {
  asked = []
})

it.each([0, 3, tokens.length])(
  'the logits of row %d are those of its token in the sequence',
  async (position) => {
    const { signal } = new AbortController()

    const logits = await ask({ position }, { signal })

    expect(logits).toBe(LOGITS)
    const { startToken, model } = inspection
    expect(asked).toEqual([
      [{ tokenIds, to: tokenIds.length, startToken, model, token: CONTEXT + position }, { signal }],
    ])
  },
)

it.each([
  ['another run', { inspectionId: 'earlier' }],
  ['a section that the run does not have', { section: 7 }],
  ['a row that the section does not have', { position: tokens.length + 1 }],
])('a question about the logits of %s is rejected', async (_, replaced) => {
  await expect(ask(replaced)).rejects.toThrow(ReplacedRunError)

  expect(asked).toEqual([])
})

it('a question about logits rejects with the failure of the engine', async () => {
  const failure = new InferenceError('crashed')

  await expect(ask({}, { logits: () => Promise.reject(failure) })).rejects.toBe(failure)
})

function ask(
  address: Partial<RowAddress>,
  {
    signal = new AbortController().signal,
    logits = answer,
  }: { readonly signal?: AbortSignal; readonly logits?: ExplanationWork['logits'] } = {},
): Promise<Float32Array> {
  const run = unexplainedRun(inspection, { tokenIds, from: CONTEXT, to: tokenIds.length })
  const { explanations } = new ExplainedRun(run, { logits })
  return explanations.logits({ inspectionId: inspection.id, section: 0, position: 3, ...address }, { signal })
}

function answer(...request: Parameters<ExplanationWork['logits']>): Promise<Float32Array> {
  asked.push(request)
  return Promise.resolve(LOGITS)
}
