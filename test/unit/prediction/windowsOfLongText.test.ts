import { beforeAll, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../src/engine/inference/model'
import type { SequencePrediction } from '../../../src/prediction/predictionService'
import { START_TOKEN_ID } from '../../../src/shared/contracts/prediction'
import {
  connect,
  freshEngine,
  freshService,
  LOADING_LIMIT_MS,
  loadMini,
  score,
  type Scored,
  scoreEverything,
} from '../../support/engine/engineUnderTest'
import { LOG_PROB_TOLERANCE } from '../../support/reference/referenceAgreement'
import { REFERENCE_TEXTS } from '../../support/reference/referenceTexts'

const TOKENS = 1500
/** Of the embedded model; half of it is the stride. */
const POSITIONS = 512
/** 1 + ⌈(1,500 − 511) / 256⌉, and the same for 512. */
const WINDOWS = 5
const TOP_K = 5

const allTexts = REFERENCE_TEXTS.flatMap(({ tokenIds }) => [...tokenIds])
const tokenIds = Int32Array.from(allTexts.slice(0, TOKENS))

let model: LoadedModel
beforeAll(async () => {
  model = await loadMini()
}, LOADING_LIMIT_MS)

describe.each([{ startToken: true }, { startToken: false }])(
  'A text of 1,500 tokens (start token: $startToken)',
  ({ startToken }) => {
    const startTokens = startToken ? [START_TOKEN_ID] : []
    /** Each on its own, with all of its rows. */
    const windows: { readonly first: number; readonly length: number; readonly rows: Scored }[] = []
    let whole: SequencePrediction

    beforeAll(async () => {
      const request = { tokenIds, from: 0, to: TOKENS, startToken, topK: TOP_K, temperature: 1 }
      whole = await freshService(model).predict(request)
      for (let w = 0; w < WINDOWS; w++) {
        const first = (w * POSITIONS) / 2
        const held = tokenIds.subarray(first, first + POSITIONS - startTokens.length)
        const input = Int32Array.of(...startTokens, ...held)
        const rows = await score(connect(freshEngine(model)), scoreEverything(input, { topK: TOP_K }))
        windows.push({ first, length: held.length, rows })
      }
    }, LOADING_LIMIT_MS)

    it('has for each token what the earliest window that holds it gives on its own', () => {
      expect(whole.scores.length).toBe(TOKENS)
      for (const [token, score] of whole.scores.entries()) {
        const window = windows.find(({ first, length }) => first <= token && token < first + length)
        if (window === undefined) throw new Error(`token ${token} is in no window`)
        const row = startTokens.length + token - window.first - 1
        if (row < 0) {
          expect(score).toBeNull()
          continue
        }
        const { targetLogit, logSumExp, topLogits } = window.rows
        expect(score?.logitsRow).toBe(row)
        expectClose(score?.logProb, targetLogit[row] - logSumExp[row])
        expectClose(score?.top[0].logProb, topLogits[row * TOP_K] - logSumExp[row])
      }
    })

    it('is followed by what its last window gives after its last row', () => {
      const { rows, length } = windows[WINDOWS - 1]
      const last = startTokens.length + length - 1
      expect(whole.next).toMatchObject({ logitsRow: last, seqLen: last + 1 })
      expectClose(whole.next?.logSumExp, rows.logSumExp[last])
      expect(whole.next?.top.map(({ tokenId }) => tokenId)).toEqual(rows.topIds.slice(-TOP_K))
    })

    it('has in a part of it the same numbers as in the whole', async () => {
      const part = { tokenIds: tokenIds.subarray(0, 760), from: 700, to: 760 }
      const { scores } = await freshService(model).predict({
        ...part,
        startToken,
        topK: 5,
        temperature: 1,
      })
      expect(scores.length).toBe(60)
      for (const [i, score] of scores.entries()) {
        const inWhole = whole.scores[part.from + i]
        expect(score?.logitsRow).toBe(inWhole?.logitsRow)
        expectClose(score?.logProb, inWhole?.logProb)
      }
    })
  },
)

function expectClose(actual = NaN, expected = NaN): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(LOG_PROB_TOLERANCE)
}
