import { beforeAll, describe, expect, it } from 'vitest'
import { type ComparisonRequest, Comparisons } from '../../../../src/prediction/compare/comparisons'
import { PredictionService } from '../../../../src/prediction/windows/predictionService'
import type { ComparedToken } from '../../../../src/shared/contracts/panel/comparison'
import { type EngineApi, NO_TARGET } from '../../../../src/shared/contracts/engine/engineApi'
import { BaselineMemoryError, EngineStoppedError, ModelFilesError } from '../../../../src/shared/errors'
import { elementAt } from '../../../../src/shared/elementAt'
import { sparseModelFolder } from '../../../support/checkpoints/sparseCheckpoint'
import {
  connect,
  freshEngine,
  loadMini,
  LOADING_LIMIT_MS,
  MINI,
} from '../../../support/engine/engineUnderTest'
import { hashEngine } from '../../../support/fakes/hashEngine'

const INT8 = { location: MINI, precision: 'int8' } as const

describe('Comparisons', () => {
  let engine: EngineApi
  let service: PredictionService
  let comparisons: Comparisons

  beforeAll(async () => {
    engine = connect(freshEngine(await loadMini()))
    service = new PredictionService(engine)
    comparisons = new Comparisons(engine, service)
  }, LOADING_LIMIT_MS)

  it('compares each token that the service scores, with the same scores', async () => {
    const span = await spanOf('The cat sat on the mat.')
    const { scores } = await service.predict({ ...span, startToken: true, topK: 5, temperature: 1 })

    const { tokens, next } = await comparisons.compare({ ...requestOf(span), model: await service.model() })

    expect(tokens.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4, 5, 6])
    for (const [i, { score, kl, jensenShannon }] of tokens.entries()) {
      expect(Math.abs(score.logProb - (elementAt(scores, i)?.logProb ?? NaN))).toBeLessThan(1e-5)
      expect(kl).toBeGreaterThan(0)
      expect(jensenShannon).toBeLessThan(Math.LN2)
    }
    expect(next?.kl).toBeGreaterThan(0)
  })

  it('has no divergence between a model and itself', async () => {
    const span = await spanOf('The cat sat on the mat.')

    const { tokens } = await comparisons.compare({ ...requestOf(span), baselineModel: undefined })

    for (const { kl, jensenShannon } of tokens) {
      expect(Math.abs(kl)).toBeLessThan(1e-6)
      expect(Math.abs(jensenShannon)).toBeLessThan(1e-6)
    }
  })

  it('has no score of a token that nothing precedes', async () => {
    const span = await spanOf('The cat sat.')

    const { tokens } = await comparisons.compare({ ...requestOf(span), startToken: false })

    expect(tokens.map(({ position }) => position)).toEqual([1, 2, 3])
  })

  it('scores a text of several windows like the service', async () => {
    const text = Array.from({ length: 90 }, (_, i) => `line ${i} of the text.`).join('\n')
    const span = await spanOf(text)
    const { scores } = await service.predict({ ...span, startToken: true, topK: 5, temperature: 1 })

    const { tokens } = await comparisons.compare({ ...requestOf(span), baselineModel: undefined })

    expect(tokens).toHaveLength(scores.length)
    expect(largestDifference(tokens, scores)).toBeLessThan(1e-4)
  })

  it('asks the engine for each row of 14,400 tokens once', async () => {
    const tokenIds = Int32Array.from({ length: 14_400 }, (_, i) => i)
    const span = { tokenIds, from: 0, to: tokenIds.length }
    const targets: number[] = []
    const counting: EngineApi = {
      ...connect(hashEngine()),
      compare: (request) => {
        targets.push(...request.targets)
        return Promise.resolve({ computedPositions: 0 })
      },
    }

    await new Comparisons(counting, new PredictionService(counting)).compare({
      ...requestOf(span),
      baselineModel: undefined,
    })

    expect(targets).toEqual([...tokenIds, NO_TARGET])
  })

  it('compares the tokens that two texts have in common', async () => {
    const before = await spanOf('The cat sat on the mat.')
    const after = await spanOf('The dog sat on the mat.')

    const { tokens, isComplete } = await comparisons.compare({
      ...requestOf(after),
      baseline: before,
      baselineModel: undefined,
    })

    expect(isComplete).toBe(true)
    expect(tokens.map(({ position }) => position)).toEqual([0, 2, 3, 4, 5, 6])
    // The edit is after the first token, so it changes the later ones only.
    expect(elementAt(tokens, 0).kl).toBeLessThan(1e-6)
    expect(elementAt(tokens, 1).kl).toBeGreaterThan(0.01)
  })

  describe('before a baseline is loaded', () => {
    it('accept a model that can be loaded', async () => {
      expect(await comparisons.refusalOf(INT8, { model: await service.model() })).toBeUndefined()
    })

    it.each([
      ['is missing', { ...MINI, folder: '/nowhere', ifMissing: 'gpt2 is not installed.' }, ModelFilesError],
      ['is not a GPT-2', { ...MINI, folder: '/' }, ModelFilesError],
    ])('refuse a model that %s', async (_, location, ErrorClass) => {
      const baseline = { location, precision: 'fp32' } as const

      expect(await comparisons.refusalOf(baseline, { model: await service.model() })).toBeInstanceOf(
        ErrorClass,
      )
    })

    it('refuse a model that does not fit beside the shown one', async () => {
      const folder = await sparseModelFolder()
      const baseline = { location: { ...MINI, folder }, precision: 'fp32' } as const

      expect(await comparisons.refusalOf(baseline, { model: await service.model() })).toBeInstanceOf(
        BaselineMemoryError,
      )
    })

    it('throw a failure that is not about the baseline', async () => {
      const stopped = new EngineStoppedError('The engine was closed.')
      const checkBaseline = () => Promise.reject(stopped)

      const asked = new Comparisons({ ...engine, checkBaseline }, service).refusalOf(INT8, {
        model: await service.model(),
      })

      await expect(asked).rejects.toThrow(stopped)
    })
  })

  it('loads the baseline again after its end', async () => {
    const span = await spanOf('The cat')
    await comparisons.compare(requestOf(span))
    await comparisons.end()

    const { baseline } = await comparisons.compare(requestOf(span))

    expect(baseline).toMatchObject({ id: 'mini', precision: 'int8' })
  })

  async function spanOf(text: string) {
    const { tokenIds } = await service.tokenize(text)
    return { tokenIds, from: 0, to: tokenIds.length }
  }
})

function requestOf(span: ComparisonRequest['shown']): ComparisonRequest {
  return { shown: span, baseline: span, baselineModel: INT8, startToken: true, topK: 5 }
}

function largestDifference(
  tokens: readonly ComparedToken[],
  scores: readonly ({ readonly logProb: number } | null)[],
): number {
  return tokens.reduce(
    (max, { position, score }) =>
      Math.max(max, Math.abs(score.logProb - (scores.at(position)?.logProb ?? NaN))),
    0,
  )
}
