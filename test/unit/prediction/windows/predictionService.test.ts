import { beforeAll, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import { PredictionService } from '../../../../src/prediction/windows/predictionService'
import type { Distribution, ModelInfo, TokenScore } from '../../../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../../../src/shared/elementAt'
import { CancelledError, ModelChangedError } from '../../../../src/shared/errors'
import {
  connect,
  freshEngine,
  freshService,
  LOADING_LIMIT_MS,
  loadMini,
  withWatchedTransformer,
} from '../../../support/engine/engineUnderTest'
import {
  ENTROPY_TOLERANCE,
  LOG_PROB_TOLERANCE,
  LOGIT_TOLERANCE,
} from '../../../support/reference/referenceAgreement'
import { referenceText } from '../../../support/reference/referenceTexts'

const { tokenIds } = referenceText('emoji +bos')
const N = tokenIds.length
const whole = { tokenIds, from: 0, to: N, startToken: true, topK: 10, temperature: 1 }

let model: LoadedModel
let service: PredictionService
beforeAll(async () => {
  model = await loadMini()
  service = freshService(model)
}, LOADING_LIMIT_MS)

describe('PredictionService.logits', () => {
  it('has the row that each score was computed from', async () => {
    const { scores } = await service.predict(whole)
    for (const [token, score] of scored(scores).entries()) {
      const row = await service.logits({ ...whole, token })
      expectReductionOf(row, score, 1)
      expect(score.logit).toBeCloseTo(elementAt(row, elementAt(tokenIds, token)), 3)
    }
  })

  it('has the row that `next` was computed from', async () => {
    const { next } = await service.predict(whole)
    const row = await service.logits({ ...whole, token: N })
    expectReductionOf(row, existing(next), 1)
  })

  it('has a logit for each token of the vocabulary', async () => {
    expect((await service.logits({ ...whole, token: 0 })).length).toBe(50257)
  })
})

describe('A request that names its model', () => {
  it('is answered by that model', async () => {
    const { scores } = await service.predict({ ...whole, model: model.info })
    expect(scores).toHaveLength(N)
  })

  it.each([
    ['another id', { id: 'gpt2' }, 'The model is now mini (fp32), not gpt2 (fp32).'],
    ['another precision', { precision: 'int8' }, 'The model is now mini (fp32), not mini (int8).'],
    ['other files', { fingerprint: 'files 2' }, 'The files of mini (fp32) have changed. Run Again to'],
  ] as const)('fails if the model has %s, for scores and logits', async (_, other, reason) => {
    const before = { ...whole, model: { ...model.info, ...other } }
    await expect(service.predict(before)).rejects.toThrow(ModelChangedError)
    await expect(service.predict(before)).rejects.toThrow(reason)
    await expect(service.logits({ ...before, token: 1 })).rejects.toThrow(ModelChangedError)
  })

  it('is answered if only the backend and the description differ', async () => {
    const before: ModelInfo = { ...model.info, description: 'Another text.', backend: 'webgpu' }
    await expect(service.predict({ ...whole, model: before })).resolves.toBeDefined()
  })
})

describe('Temperature', () => {
  it.each([0.05, 0.5, 2, 100])(
    '%d divides the logits in all numbers except the logits themselves',
    async (temperature) => {
      const { scores, next } = await service.predict({ ...whole, temperature })
      for (const token of [0, 1, 17, N - 1]) {
        const score = existing(elementAt(scores, token))
        const row = await service.logits({ ...whole, token })
        const logit = elementAt(row, elementAt(tokenIds, token))
        const logProb = logit / temperature - logSumExp(row, temperature)
        expectReductionOf(row, score, temperature)
        expect(score.logit).toBeCloseTo(logit, 3)
        expect(score.rank).toBe(1 + row.filter((other) => other > logit).length)
        expect(Math.abs(score.logProb - logProb)).toBeLessThanOrEqual(
          LOG_PROB_TOLERANCE / Math.min(1, temperature),
        )
        expect(score.surprisal).toBeCloseTo(-score.logProb / Math.LN2, 9)
      }
      expectReductionOf(await service.logits({ ...whole, token: N }), existing(next), temperature)
    },
  )
})

describe('A low temperature', () => {
  it.each([0.05, 1e-3, 1e-6, 1e-30])('%d gives exact log-probabilities', async (temperature) => {
    const { scores } = await service.predict({ ...whole, topK: 100, temperature })
    for (const { top: alternatives, logit, logProb, entropy } of scored(scores)) {
      const top = [...alternatives]
      // At such a low temperature the first hundred tokens have all of the probability.
      const scaled = (other: number) => (other - elementAt(top, 0).logit) / temperature
      const total = Math.log(top.reduce((sum, alternative) => sum + Math.exp(scaled(alternative.logit)), 0))
      const expected = top.map((alternative) => scaled(alternative.logit) - total)
      const expectedEntropy = -expected.reduce((sum, p) => sum + (Math.exp(p) === 0 ? 0 : Math.exp(p) * p), 0)
      for (const [k, alternative] of top.entries())
        expectRelativelyClose(alternative.logProb, elementAt(expected, k))
      expectRelativelyClose(logProb, scaled(logit) - total)
      expectRelativelyClose(entropy, expectedEntropy / Math.LN2)
    }
  })
})

describe('topK', () => {
  it.each([1, 10, 100])(
    '%d gives exactly that many of the row’s most likely tokens in order',
    async (topK) => {
      const { scores, next } = await service.predict({ ...whole, topK })
      for (const [i, distribution] of [...scores, next].entries()) {
        expect(distribution?.top.length).toBe(topK)
        const logits = Array.from(distribution?.top ?? [], ({ logit }) => logit)
        expect(logits).toEqual([...logits].sort((a, b) => b - a))
        if (i % 10 !== 0) continue
        const sorted = (await service.logits({ ...whole, token: i })).sort().reverse()
        for (const [k, logit] of logits.entries()) expect(logit).toBeCloseTo(elementAt(sorted, k), 3)
      }
    },
  )
})

describe('A part of a text', () => {
  const part = { ...whole, from: 20, to: 30 }

  it('has the same numbers as in the whole text', async () => {
    const inWhole = await service.predict(whole)
    const alone = await freshService(model).predict(part)
    expect(alone.scores.map((score) => score?.logitsRow)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29])
    for (const [i, score] of alone.scores.entries()) {
      expect(score?.logProb).toBeCloseTo(inWhole.scores[20 + i]?.logProb ?? NaN, 3)
    }
  })

  it('has the distribution after its last token as `next`', async () => {
    const { next } = await freshService(model).predict(part)
    const { scores } = await service.predict(whole)
    expect(next?.logitsRow).toBe(30)
    expect(next?.top.at(0)?.tokenId).toBe(existing(scores[30] ?? null).top.at(0)?.tokenId)
  })

  it('reports the progress through the text before it', async () => {
    const readings: number[][] = []
    await freshService(model, 8).predict(part, { onReading: (done, total) => readings.push([done, total]) })
    expect(readings).toEqual([
      [8, 20],
      [16, 20],
    ])
  })
})

describe('Scores', () => {
  it('are reported in order during the run', async () => {
    const streamed: unknown[][] = []
    const { scores } = await freshService(model, 8).predict(whole, {
      onScores: (more) => streamed.push([...more]),
    })
    expect(streamed.length).toBe(Math.ceil((N + 1) / 8))
    expect(streamed.flat()).toEqual(scores)
  })

  it('are null for a first token without a start token', async () => {
    const { scores, next } = await service.predict({ ...whole, to: 1, startToken: false })
    expect(scores).toEqual([null])
    expect(next?.logitsRow).toBe(0)
  })

  it('are empty for an empty text, which has a `next` after the start token', async () => {
    const { scores, next } = await service.predict({ ...whole, to: 0 })
    expect(scores).toEqual([])
    expect(next).toMatchObject({ logitsRow: 0, seqLen: 1 })
  })

  it('are empty, without a `next`, for an empty text without a start token', async () => {
    const prediction = await service.predict({ ...whole, to: 0, startToken: false })
    expect(prediction).toMatchObject({ scores: [], next: null })
  })

  it('have the length of the window’s input', async () => {
    const { scores, next } = await service.predict(whole)
    expect(new Set([...scores, next].map((row) => row?.seqLen))).toEqual(new Set([N + 1]))
  })
})

describe('A position that was scored before', () => {
  it('is computed again without the transformer', async () => {
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
  it('rejects with CancelledError', async () => {
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

/** The scores of tokens that a start token precedes: none of them is null. */
function scored(scores: readonly (TokenScore | null)[]): TokenScore[] {
  return scores.map(existing)
}

function existing<T>(value: T | null): T {
  if (value === null) throw new Error('with a start token every row exists')
  return value
}

/** Within the tolerance, or within float64's relative precision for huge numbers. */
function expectRelativelyClose(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(LOG_PROB_TOLERANCE + Math.abs(expected) * 1e-9)
}

/** Compares a distribution with one computed in float64 from the full row. */
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

  const descending = row.slice().sort().reverse()
  for (const [k, { tokenId, logit, logProb }] of [...distribution.top].entries()) {
    const expected = elementAt(row, tokenId)
    expect(Math.abs(logit - elementAt(descending, k))).toBeLessThanOrEqual(LOGIT_TOLERANCE)
    expect(Math.abs(logit - expected)).toBeLessThanOrEqual(LOGIT_TOLERANCE)
    expect(Math.abs(logProb - (expected / temperature - total))).toBeLessThanOrEqual(
      LOG_PROB_TOLERANCE * tolerance,
    )
  }
}

/** log Σ exp(logit / T), in float64. */
function logSumExp(row: Float32Array, temperature: number): number {
  const largest = row.reduce((a, b) => Math.max(a, b)) / temperature
  return largest + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit / temperature - largest), 0))
}
