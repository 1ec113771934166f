import { beforeAll, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../src/engine/inference/model'
import { PredictionService } from '../../../src/prediction/predictionService'
import { CancelledError, ModelChangedError } from '../../../src/shared/errors'
import type { Distribution } from '../../../src/shared/contracts/prediction'
import {
  connect,
  freshEngine,
  freshService,
  LOADING_LIMIT_MS,
  loadMini,
  withWatchedTransformer,
} from '../../support/engine/engineUnderTest'
import {
  ENTROPY_TOLERANCE,
  LOG_PROB_TOLERANCE,
  LOGIT_TOLERANCE,
} from '../../support/reference/referenceAgreement'
import { referenceText } from '../../support/reference/referenceTexts'

const { tokenIds } = referenceText('emoji +bos')
const N = tokenIds.length
const whole = { tokenIds, from: 0, to: N, startToken: true, topK: 10, temperature: 1 }

let model: LoadedModel
let service: PredictionService
beforeAll(async () => {
  model = await loadMini()
  service = freshService(model)
}, LOADING_LIMIT_MS)

describe('A row of logits', () => {
  it('is what every score of the text was reduced from', async () => {
    const { scores } = await service.predict(whole)
    for (const [token, score] of scores.entries()) {
      const row = await service.logits({ ...whole, token })
      if (score === null) throw new Error('behind the start token everything is scored')
      expectReductionOf(row, score, 1)
      expect(score.logit).toBeCloseTo(row[tokenIds[token]], 3)
    }
  })

  it('is what `next` was reduced from', async () => {
    const { next } = await service.predict(whole)
    const row = await service.logits({ ...whole, token: N })
    if (next === null) throw new Error('behind the start token there is always a next')
    expectReductionOf(row, next, 1)
  })

  it('has a number for each token of the vocabulary', async () => {
    expect((await service.logits({ ...whole, token: 0 })).length).toBe(50257)
  })
})

describe('A request that names its model', () => {
  it('is answered by that one', async () => {
    const { scores } = await service.predict({ ...whole, model: model.info })
    expect(scores).toHaveLength(N)
  })

  it.each([
    ['another id', { id: 'gpt2' }],
    ['the same name in another folder', { description: 'your own model, from elsewhere' }],
  ])('is refused where %s speaks by now, for scores and logits alike', async (_, other) => {
    const before = { ...whole, model: { ...model.info, ...other } }
    await expect(service.predict(before)).rejects.toThrow(ModelChangedError)
    await expect(service.logits({ ...before, token: 1 })).rejects.toThrow(ModelChangedError)
  })
})

describe('Temperature', () => {
  it.each([0.05, 0.5, 2, 100])(
    '%d divides the logits before everything but the logits themselves',
    async (temperature) => {
      const { scores, next } = await service.predict({ ...whole, temperature })
      for (const token of [0, 1, 17, N - 1]) {
        const score = scores[token]
        if (score === null) throw new Error('behind the start token everything is scored')
        const row = await service.logits({ ...whole, token })
        const logit = row[tokenIds[token]]
        const logProb = logit / temperature - logSumExp(row, temperature)
        expectReductionOf(row, score, temperature)
        expect(score.logit).toBeCloseTo(logit, 3)
        expect(score.rank).toBe(1 + row.filter((other) => other > logit).length)
        expect(Math.abs(score.logProb - logProb)).toBeLessThanOrEqual(
          LOG_PROB_TOLERANCE / Math.min(1, temperature),
        )
        expect(score.surprisal).toBeCloseTo(-score.logProb / Math.LN2, 9)
      }
      if (next === null) throw new Error('behind the start token there is always a next')
      expectReductionOf(await service.logits({ ...whole, token: N }), next, temperature)
    },
  )
})

describe('A low temperature', () => {
  it.each([0.05, 1e-3, 1e-6, 1e-30])('%d leaves log-probabilities exact', async (temperature) => {
    const { scores } = await service.predict({ ...whole, topK: 100, temperature })
    for (const score of scores) {
      if (score === null) throw new Error('behind the start token everything is scored')
      // So cold, the first hundred hold all of the probability.
      const { top, logit, logProb, entropy } = score
      const scaled = (other: number) => (other - top[0].logit) / temperature
      const total = Math.log(top.reduce((sum, alternative) => sum + Math.exp(scaled(alternative.logit)), 0))
      const expected = top.map((alternative) => scaled(alternative.logit) - total)
      const expectedEntropy = -expected.reduce((sum, p) => sum + (Math.exp(p) === 0 ? 0 : Math.exp(p) * p), 0)
      for (const [k, alternative] of top.entries()) expectRelativelyClose(alternative.logProb, expected[k])
      expectRelativelyClose(logProb, scaled(logit) - total)
      expectRelativelyClose(entropy, expectedEntropy / Math.LN2)
    }
  })
})

describe('topK', () => {
  it.each([1, 10, 100])(
    '%d gives the first of the row’s tokens in order, no more and no fewer',
    async (topK) => {
      const { scores, next } = await service.predict({ ...whole, topK })
      for (const [i, distribution] of [...scores, next].entries()) {
        expect(distribution?.top.length).toBe(topK)
        const logits = distribution?.top.map(({ logit }) => logit) ?? []
        expect(logits).toEqual([...logits].sort((a, b) => b - a))
        if (i % 10 !== 0) continue
        const sorted = (await service.logits({ ...whole, token: i })).sort().reverse()
        for (const [k, logit] of logits.entries()) expect(logit).toBeCloseTo(sorted[k], 3)
      }
    },
  )
})

describe('A part of a text', () => {
  const part = { ...whole, from: 20, to: 30 }

  it('has the numbers that it has in the whole', async () => {
    const inWhole = await service.predict(whole)
    const alone = await freshService(model).predict(part)
    expect(alone.scores.map((score) => score?.logitsRow)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29])
    for (const [i, score] of alone.scores.entries()) {
      expect(score?.logProb).toBeCloseTo(inWhole.scores[20 + i]?.logProb ?? NaN, 3)
    }
  })

  it('is followed by what the model expects after its last token', async () => {
    const { next } = await freshService(model).predict(part)
    const { scores } = await service.predict(whole)
    expect(next?.logitsRow).toBe(30)
    expect(next?.top[0]).toMatchObject({ tokenId: scores[30]?.top[0].tokenId })
  })

  it('reports how far the text before it has been read', async () => {
    const readings: number[][] = []
    await freshService(model, 8).predict(part, { onReading: (done, total) => readings.push([done, total]) })
    expect(readings).toEqual([
      [8, 20],
      [16, 20],
    ])
  })
})

describe('Scores', () => {
  it('come along in order while the text is run, and are together the result', async () => {
    const streamed: unknown[][] = []
    const { scores } = await freshService(model, 8).predict(whole, {
      onScores: (more) => streamed.push([...more]),
    })
    expect(streamed.length).toBe(Math.ceil((N + 1) / 8))
    expect(streamed.flat()).toEqual(scores)
  })

  it('are null for a first token that has nothing before it', async () => {
    const { scores, next } = await service.predict({ ...whole, to: 1, startToken: false })
    expect(scores).toEqual([null])
    expect(next?.logitsRow).toBe(0)
  })

  it('are none for an empty text, which still has a next behind the start token', async () => {
    const { scores, next } = await service.predict({ ...whole, to: 0 })
    expect(scores).toEqual([])
    expect(next).toMatchObject({ logitsRow: 0, seqLen: 1 })
  })

  it('are none, and no next, where there is nothing at all', async () => {
    const prediction = await service.predict({ ...whole, to: 0, startToken: false })
    expect(prediction).toMatchObject({ scores: [], next: null })
  })

  it('say how long the window’s input is', async () => {
    const { scores, next } = await service.predict(whole)
    expect(new Set([...scores, next].map((row) => row?.seqLen))).toEqual(new Set([N + 1]))
  })
})

describe('A shown position', () => {
  it('can be looked at again without the transformer', async () => {
    const watched = withWatchedTransformer(model)
    const shown = new PredictionService(connect(freshEngine(watched.model)))
    await shown.predict(whole)
    const runsOfPredict = watched.runs.length
    await shown.logits({ ...whole, token: 20 })
    await shown.logits({ ...whole, token: N })
    await shown.predict({ ...whole, topK: 100, temperature: 0.7 })
    expect(watched.runs.length).toBe(runsOfPredict)
  })
})

describe('A cancelled prediction', () => {
  it('ends with CancelledError', async () => {
    const cancel = new AbortController()
    const prediction = freshService(model, 8).predict(whole, {
      signal: cancel.signal,
      onScores: () => {
        cancel.abort()
      },
    })
    await expect(prediction).rejects.toThrow(CancelledError)
  })
})

/** Within the tolerance, or within what float64 can tell apart where numbers are huge. */
function expectRelativelyClose(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(LOG_PROB_TOLERANCE + Math.abs(expected) * 1e-9)
}

/** In float64, with logits / T as everything's base. */
function expectReductionOf(row: Float32Array, distribution: Distribution, temperature: number): void {
  const total = logSumExp(row, temperature)
  const entropy = -row.reduce((sum, logit) => {
    const logProb = logit / temperature - total
    return sum + Math.exp(logProb) * logProb
  }, 0)
  const tolerance = 1 / Math.min(1, temperature)
  expect(Math.abs(distribution.logSumExp - total)).toBeLessThanOrEqual(LOG_PROB_TOLERANCE * tolerance)
  expect(Math.abs(distribution.entropy - entropy / Math.LN2)).toBeLessThanOrEqual(
    ENTROPY_TOLERANCE * tolerance,
  )

  const byLogit = Array.from(row.keys()).sort((a, b) => row[b] - row[a] || a - b)
  for (const [k, { tokenId, logit, logProb }] of distribution.top.entries()) {
    expect(Math.abs(logit - row[byLogit[k]])).toBeLessThanOrEqual(LOGIT_TOLERANCE)
    expect(Math.abs(logit - row[tokenId])).toBeLessThanOrEqual(LOGIT_TOLERANCE)
    expect(Math.abs(logProb - (row[tokenId] / temperature - total))).toBeLessThanOrEqual(
      LOG_PROB_TOLERANCE * tolerance,
    )
  }
}

/** log Σ exp(logit / T), in float64. */
function logSumExp(row: Float32Array, temperature: number): number {
  const most = row.reduce((a, b) => Math.max(a, b)) / temperature
  return most + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit / temperature - most), 0))
}
