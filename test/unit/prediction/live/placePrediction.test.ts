import { describe, expect, it } from 'vitest'
import { predictPlace } from '../../../../src/prediction/live/placePrediction'
import { PredictionService } from '../../../../src/prediction/windows/predictionService'
import type { Distribution } from '../../../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../../../src/shared/elementAt'
import { CancelledError } from '../../../../src/shared/errors'
import { connect } from '../../../support/engine/engineUnderTest'
import { hashEngine } from '../../../support/fakes/hashEngine'
import { referenceText } from '../../../support/reference/referenceTexts'

const TOP_K = 3
/** 86 tokens: many windows of 16 positions. */
const { text: long } = referenceText('typescript +bos')
const service = new PredictionService(connect(hashEngine()))

describe('predictPlace', () => {
  it.each([true, false])(
    'has the same scores as an inspection of the whole text (start token: %s)',
    async (startToken) => {
      const { tokenIds, starts } = await service.tokenize(long)
      const to = tokenIds.length
      const whole = await service.predict({
        tokenIds,
        from: 0,
        to,
        startToken,
        topK: TOP_K,
        temperature: 1,
      })

      for (const [token, offset] of starts.entries()) {
        const { tokens, next } = await predictPlace(service, {
          text: long,
          offset,
          startToken,
          topK: TOP_K,
        })

        expect(numbersOf(tokens[0]?.score)).toEqual(numbersOf(whole.scores[token]))
        expect(numbersOf(next.distribution)).toEqual(
          numbersOf(token + 1 < to ? whole.scores[token + 1] : whole.next),
        )
      }
    },
  )

  it('counts the tokens before each token, in its window and in the text', async () => {
    const { starts } = await service.tokenize(long)
    const contextOf = async (token: number) => {
      const offset = elementAt(starts, token)
      const { tokens } = await predictPlace(service, { text: long, offset, startToken: true, topK: 1 })
      return tokens[0]?.context
    }

    // Windows have 15 tokens after the start token, and the stride is 8.
    await expect(Promise.all([0, 14, 15].map(contextOf))).resolves.toEqual([
      { seen: 0, available: 0 },
      { seen: 14, available: 14 },
      { seen: 7, available: 15 },
    ])
  })

  it('has every token of a split character', async () => {
    const { tokens } = await predictPlace(service, place('Hi 👋!', 3))

    expect(tokens).toMatchObject([
      { tokenId: 50169, range: { start: 2, end: 5 }, partial: true },
      { tokenId: 233, range: { start: 3, end: 5 }, partial: true },
    ])
  })

  it('has the same result on both halves of a CRLF', async () => {
    const onCr = await predictPlace(service, place('a\r\nb', 1))
    const onLf = await predictPlace(service, place('a\r\nb', 2))

    expect(onCr).toEqual(onLf)
    expect(onCr.tokens).toMatchObject([{ range: { start: 1, end: 3 } }])
  })

  it('has no token at the end of the text, only the next distribution', async () => {
    const text = 'const a = 1\n'
    const { tokens, next } = await predictPlace(service, place(text, text.length))

    expect(tokens).toEqual([])
    expect(next).toMatchObject({
      tokenId: null,
      context: { seen: 5, available: 5 },
      distribution: { logitsRow: 5 },
    })
  })

  it('has no score for a first token without a start token', async () => {
    const { tokens, next } = await predictPlace(service, { ...place('abc def', 0), startToken: false })

    expect(tokens).toMatchObject([{ score: null }])
    expect(next.distribution?.top).toHaveLength(TOP_K)
  })

  it('can be cancelled', async () => {
    await expect(predictPlace(service, place('abc', 0), AbortSignal.abort())).rejects.toThrow(CancelledError)
  })
})

/** Without the window's length, which depends on the end of the requested span. */
function numbersOf(distribution: Distribution | null | undefined) {
  return distribution && { ...distribution, seqLen: 0 }
}

function place(text: string, offset: number) {
  return { text, offset, startToken: true, topK: TOP_K }
}
