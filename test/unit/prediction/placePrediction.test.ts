import { beforeAll, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../src/engine/inference/model'
import { predictPlace } from '../../../src/prediction/placePrediction'
import type { PredictionService } from '../../../src/prediction/predictionService'
import { CancelledError } from '../../../src/shared/errors'
import type { Distribution } from '../../../src/shared/contracts/prediction'
import { freshService, LOADING_LIMIT_MS, loadMini } from '../../support/engine/engineUnderTest'
import { LOG_PROB_TOLERANCE } from '../../support/reference/referenceAgreement'
import { referenceText } from '../../support/reference/referenceTexts'

const TOP_K = 3
/** More than a window. */
const long = referenceText('long').text.repeat(2)

let model: LoadedModel
let service: PredictionService
beforeAll(async () => {
  model = await loadMini()
  service = freshService(model)
}, LOADING_LIMIT_MS)

describe('The prediction of a place', () => {
  it.each([true, false])(
    'has the numbers of the whole text’s inspection (start token: %s)',
    async (startToken) => {
      const { tokenIds, starts } = await service.tokenize(long)
      const whole = await service.predict({
        tokenIds,
        from: 0,
        to: tokenIds.length,
        startToken,
        topK: TOP_K,
        temperature: 1,
      })

      // Around the first token of the second window, where less is seen before.
      for (const token of [1, 40, 510, 511, 512, 513, tokenIds.length - 1]) {
        const place = await predictPlace(freshService(model), {
          text: long,
          offset: starts[token],
          startToken,
          topK: TOP_K,
        })

        expectSame(place.tokens[0].score, whole.scores[token])
        expectSame(
          place.next.distribution,
          token + 1 < tokenIds.length ? whole.scores[token + 1] : whole.next,
        )
      }
    },
  )

  it('counts the tokens that were seen before, in the window of each', async () => {
    const { starts } = await service.tokenize(long)
    const seenAt = async (token: number) =>
      (await predictPlace(service, { text: long, offset: starts[token], startToken: true, topK: 1 }))
        .tokens[0].contextTokens

    await expect(Promise.all([0, 510, 511].map(seenAt))).resolves.toEqual([0, 510, 255])
  })

  it('has each token of a split character', async () => {
    const { tokens } = await predictPlace(service, place('Hi 👋!', 3))

    expect(tokens).toMatchObject([
      { tokenId: 50169, range: { start: 2, end: 5 }, partial: true },
      { tokenId: 233, range: { start: 3, end: 5 }, partial: true },
    ])
  })

  it('is the same on both halves of a CRLF', async () => {
    const [onCr, onLf] = await Promise.all(
      [1, 2].map((offset) => predictPlace(service, place('a\r\nb', offset))),
    )

    expect(onCr).toEqual(onLf)
    expect(onCr.tokens).toMatchObject([{ range: { start: 1, end: 3 } }])
  })

  it('at the end has no token, and what comes next', async () => {
    const text = 'const a = 1\n'
    const { tokens, next } = await predictPlace(service, place(text, text.length))

    expect(tokens).toEqual([])
    expect(next).toMatchObject({ tokenId: null, contextTokens: 5, distribution: { logitsRow: 5 } })
  })

  it('of a first token with nothing before it has no score, and what comes next', async () => {
    const { tokens, next } = await predictPlace(service, { ...place('abc def', 0), startToken: false })

    expect(tokens).toMatchObject([{ score: null }])
    expect(next.distribution?.top).toHaveLength(TOP_K)
  })

  it('is cancelled', async () => {
    await expect(predictPlace(freshService(model), place('abc', 0), AbortSignal.abort())).rejects.toThrow(
      CancelledError,
    )
  })
})

function place(text: string, offset: number) {
  return { text, offset, startToken: true, topK: TOP_K }
}

function expectSame(actual: Distribution | null, expected: Distribution | null): void {
  expect(actual?.logitsRow).toBe(expected?.logitsRow)
  expect(actual?.top.map(({ tokenId }) => tokenId)).toEqual(expected?.top.map(({ tokenId }) => tokenId))
  const [a, b] = [actual?.top[0].logProb ?? NaN, expected?.top[0].logProb ?? NaN]
  expect(Math.abs(a - b)).toBeLessThanOrEqual(LOG_PROB_TOLERANCE)
}
