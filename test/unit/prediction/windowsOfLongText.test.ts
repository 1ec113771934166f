import { describe, expect, it } from 'vitest'
import { PredictionService } from '../../../src/prediction/windows/predictionService'
import { START_TOKEN_ID } from '../../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../../src/shared/elementAt'
import { connect, score, scoreEverything } from '../../support/engine/engineUnderTest'
import { HASH_MODEL, hashEngine } from '../../support/fakes/hashEngine'
import { referenceText } from '../../support/reference/referenceTexts'

const { nPositions } = HASH_MODEL
const STRIDE = nPositions / 2
const TOKENS = 60
/** 1 + ⌈(60 − 15) / 8⌉ with the start token; 1 + ⌈(60 − 16) / 8⌉ without it is the same. */
const WINDOWS = 7
const TOP_K = 5

const tokenIds = referenceText('long').tokenIds.slice(0, TOKENS)
const engine = connect(hashEngine())
const service = new PredictionService(engine)

describe.each([{ startToken: true }, { startToken: false }])(
  'A text of several windows (start token: $startToken)',
  ({ startToken }) => {
    const startTokens = startToken ? [START_TOKEN_ID] : []

    it('scores each token as the earliest window that holds it does alone', async () => {
      const windows = await runWindows(startTokens)
      const { scores } = await predict(0, TOKENS, startToken)

      expect(scores.length).toBe(TOKENS)
      for (const [token, score] of scores.entries()) {
        const window = windows.find(({ first, length }) => first <= token && token < first + length)
        if (window === undefined) throw new Error(`token ${token} is in no window`)
        const row = startTokens.length + token - window.first - 1
        if (row < 0) {
          expect(score).toBeNull()
          continue
        }
        const { targetLogit, targetRank, logSumExp, topIds } = window.rows
        expect(score).toMatchObject({
          logitsRow: row,
          logit: elementAt(targetLogit, row),
          rank: elementAt(targetRank, row),
          logSumExp: elementAt(logSumExp, row),
        })
        expect(score?.top.at(0)?.tokenId).toBe(elementAt(topIds, row * TOP_K))
      }
    })

    it('has the last row of the last window as its next distribution', async () => {
      const { rows, length } = elementAt(await runWindows(startTokens), WINDOWS - 1)
      const last = startTokens.length + length - 1

      const { next } = await predict(0, TOKENS, startToken)

      expect(next).toMatchObject({
        logitsRow: last,
        seqLen: last + 1,
        logSumExp: elementAt(rows.logSumExp, last),
      })
      expect(Array.from(next?.top ?? [], ({ tokenId }) => tokenId)).toEqual([...rows.topIds.slice(-TOP_K)])
    })

    it('scores a part as it scores the whole text', async () => {
      const whole = await predict(0, TOKENS, startToken)

      const part = await predict(30, 50, startToken)

      const numbers = ({ scores }: typeof whole) => scores.map((score) => score && { ...score, seqLen: 0 })
      expect(numbers(part)).toEqual(numbers(whole).slice(30, 50))
    })
  },
)

function predict(from: number, to: number, startToken: boolean) {
  const request = { tokenIds: tokenIds.subarray(0, to), from, to, startToken, topK: TOP_K, temperature: 1 }
  return service.predict(request)
}

/** All rows of each window, each run alone. */
async function runWindows(startTokens: readonly number[]) {
  return Promise.all(
    Array.from({ length: WINDOWS }, async (_, w) => {
      const first = w * STRIDE
      const held = tokenIds.subarray(first, first + nPositions - startTokens.length)
      const input = Int32Array.of(...startTokens, ...held)
      const rows = await score(engine, scoreEverything(input, { topK: TOP_K }))
      return { first, length: held.length, rows }
    }),
  )
}
