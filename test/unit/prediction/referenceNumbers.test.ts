import { beforeAll, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../src/engine/inference/model'
import type { PredictionService } from '../../../src/prediction/predictionService'
import type { TokenScore } from '../../../src/shared/contracts/prediction'
import { freshService, LOADING_LIMIT_MS, loadMini } from '../../support/engine/engineUnderTest'
import {
  disagreements,
  scoreDisagreements,
  LOGIT_TOLERANCE,
} from '../../support/reference/referenceAgreement'
import { REFERENCE_TEXTS, type ReferenceText } from '../../support/reference/referenceTexts'

/** The reference's ten, and those next to them that tell whether the tenth stands apart. */
const TOP_K = 12

let model: LoadedModel
beforeAll(async () => {
  model = await loadMini()
}, LOADING_LIMIT_MS)

const shortTexts = REFERENCE_TEXTS.filter(({ tokenIds }) => tokenIds.length < 50)

describe.each([
  { chunkPositions: 1, texts: shortTexts },
  { chunkPositions: 7, texts: REFERENCE_TEXTS },
  { chunkPositions: 64, texts: REFERENCE_TEXTS },
  { chunkPositions: 512, texts: REFERENCE_TEXTS },
])('In chunks of $chunkPositions positions', ({ chunkPositions, texts }) => {
  it.each(texts)('every position of $name has the reference’s numbers', async (reference) => {
    const service = freshService(model, chunkPositions)
    const { scores, next } = await service.predict({
      ...requestFor(reference),
      topK: TOP_K,
      temperature: 1,
    })

    const { positions, tokenIds, startToken } = reference
    const scored = scores.filter((score) => score !== null)
    expect(scores.length).toBe(tokenIds.length)
    expect(scored.length).toBe(positions.length - 1)
    expect(scores.at(0) ?? null).toBe(startToken ? (scored.at(0) ?? null) : null)
    expect(scored.flatMap((score, row) => named(row, scoreDisagreements(score, positions[row])))).toEqual([])
    expect(next && disagreements(next, positions[positions.length - 1])).toEqual([])
  })
})

describe('The tokenizer', () => {
  it.each(REFERENCE_TEXTS)('gives the reference’s tokens for $name', async ({ text, tokenIds }) => {
    const tokens = await freshService(model).tokenize(text)
    expect(tokens.tokenIds).toEqual(tokenIds)
  })
})

describe('Ranks', () => {
  it.each(REFERENCE_TEXTS)(
    'of $name are the reference’s, but for tokens whose logits are equal within its tolerance',
    async (reference) => {
      const service = freshService(model)
      const { scores } = await service.predict({ ...requestFor(reference), topK: 1, temperature: 1 })

      for (const [token, score] of scores.entries()) {
        if (score === null) continue
        const { targetRank = NaN } = reference.positions[score.logitsRow]
        if (score.rank === targetRank) continue
        const near = await countNear(service, reference, token, score)
        expect(Math.abs(score.rank - targetRank)).toBeLessThanOrEqual(near)
      }
    },
  )
})

/** All that decides a whole text's predictions but k and temperature. */
function requestFor({ tokenIds, startToken }: ReferenceText) {
  return { tokenIds, from: 0, to: tokenIds.length, startToken }
}

/** Other tokens whose logits the tolerance allows to change places with the scored one. */
async function countNear(
  service: PredictionService,
  { tokenIds, startToken }: ReferenceText,
  token: number,
  { logit }: TokenScore,
): Promise<number> {
  const row = await service.logits({ tokenIds, startToken, to: tokenIds.length, token })
  return row.filter((other) => Math.abs(other - logit) <= LOGIT_TOLERANCE).length - 1
}

function named(row: number, lines: readonly string[]): string[] {
  return lines.map((line) => `row ${row}: ${line}`)
}
