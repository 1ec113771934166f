import { beforeAll, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../src/engine/inference/model'
import type { PredictionService, SequencePrediction } from '../../../src/prediction/windows/predictionService'
import { elementAt } from '../../../src/shared/elementAt'
import { freshService, LOADING_LIMIT_MS, loadMini, MINI } from '../../support/engine/engineUnderTest'
import { CPU_BACKENDS, loadModel } from '../../support/engine/loadModel'
import {
  disagreements,
  scoreDisagreements,
  LOGIT_TOLERANCE,
} from '../../support/reference/referenceAgreement'
import { REFERENCE_TEXTS, type ReferenceText, referenceText } from '../../support/reference/referenceTexts'

/** The reference has ten; more are needed to tell whether the tenth differs clearly from the eleventh. */
const TOP_K = 12
/** The step of the product in fp32. */
const DEFAULT_STEP = 64
/** Steps cut a text at other places and must not change its numbers. Those of one position are slow. */
const OTHER_STEPS = [1, 7, 512].flatMap((step) =>
  REFERENCE_TEXTS.filter(({ tokenIds }) => step > 1 || tokenIds.length < 50).map(({ name }) => ({
    step,
    name,
  })),
)

describe.each(CPU_BACKENDS)('PredictionService on %s', (backend) => {
  let model: LoadedModel
  beforeAll(async () => {
    model = await loadModel(MINI, { backend })
  }, LOADING_LIMIT_MS)

  it.each(REFERENCE_TEXTS)('has the reference’s numbers and ranks for $name', async (reference) => {
    const service = freshService(model, DEFAULT_STEP)

    const prediction = await service.predict(requestFor(reference))

    expectReferenceNumbers(prediction, reference)
    await expectReferenceRanks(service, prediction, reference)
  })

  it.each(OTHER_STEPS)('has the reference’s numbers for $name in steps of $step', async ({ step, name }) => {
    const reference = referenceText(name)

    const prediction = await freshService(model, step).predict(requestFor(reference))

    expectReferenceNumbers(prediction, reference)
  })
})

describe('PredictionService', () => {
  it.each(REFERENCE_TEXTS)('has the reference’s tokens for $name', async ({ text, tokenIds }) => {
    const tokens = await freshService(await loadMini()).tokenize(text)
    expect(tokens.tokenIds).toEqual(tokenIds)
  })
})

/** A request for all tokens of a text. */
function requestFor({ tokenIds, startToken }: ReferenceText) {
  return { tokenIds, from: 0, to: tokenIds.length, startToken, topK: TOP_K, temperature: 1 }
}

function expectReferenceNumbers(
  { scores, next }: SequencePrediction,
  { positions, tokenIds, startToken }: ReferenceText,
): void {
  const scored = scores.filter((score) => score !== null)
  expect(scores.length).toBe(tokenIds.length)
  expect(scored.length).toBe(positions.length - 1)
  expect(scores.at(0) ?? null).toBe(startToken ? (scored.at(0) ?? null) : null)
  const found = scored.flatMap((score, row) =>
    scoreDisagreements(score, elementAt(positions, row)).map((line) => `row ${row}: ${line}`),
  )
  expect(found).toEqual([])
  expect(next && disagreements(next, elementAt(positions, positions.length - 1))).toEqual([])
}

/** Ranks may differ by the number of tokens whose logits are equal within the tolerance. */
async function expectReferenceRanks(
  service: PredictionService,
  { scores }: SequencePrediction,
  reference: ReferenceText,
): Promise<void> {
  for (const [token, score] of scores.entries()) {
    if (score === null) continue
    const { targetRank = NaN } = elementAt(reference.positions, score.logitsRow)
    if (score.rank === targetRank) continue
    const row = await service.logits({ ...requestFor(reference), token })
    const near = row.filter((other) => Math.abs(other - score.logit) <= LOGIT_TOLERANCE).length - 1
    expect(Math.abs(score.rank - targetRank)).toBeLessThanOrEqual(near)
  }
}
