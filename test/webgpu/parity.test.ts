import { beforeAll, describe, expect, it } from 'vitest'
import { PredictionService } from '../../src/prediction/windows/predictionService'
import type { EngineApi } from '../../src/shared/contracts/engine/engineApi'
import { elementAt } from '../../src/shared/elementAt'
import type { RpcClient } from '../../src/shared/rpc'
import { MINI, score, scoreEverything, type Scored } from '../support/engine/engineUnderTest'
import { lens, lensOfEverything, sumErrors } from '../support/engine/explain'
import { INTERNALS_REFERENCES } from '../support/reference/internalsReference'
import {
  disagreements,
  scoreDisagreements,
  LOG_PROB_TOLERANCE,
  LOGIT_TOLERANCE,
} from '../support/reference/referenceAgreement'
import { referenceText } from '../support/reference/referenceTexts'
import type { WorkerMethods } from '../support/engine/workerUnderTest'
import { engineOf, webGpuUnderTest } from './webGpuUnderTest'

/** Of lens and attribution, in nats and logits. */
const INTERNALS_TOLERANCE = 5e-4
/** The reference has ten; the next two tell whether the tenth is distinct from its neighbours. */
const TOP_K = 12

/**
 * Positions of a step: half of the texts that are computed in steps. Equal steps, because the software adapter compiles the
 * shaders for each length again, which takes seconds.
 */
const HALF_OF_INTERNALS = 7
const HALF_OF_NUMBERS = 13

const browser = webGpuUnderTest()
let worker: RpcClient<WorkerMethods>
let engine: EngineApi
beforeAll(async () => {
  worker = await browser.open(MINI.folder)
  await worker.call('load', {})
  engine = engineOf(worker)
})

async function freshEngine(stepPositions?: number): Promise<EngineApi> {
  await worker.call('freshEngine', stepPositions === undefined ? {} : { stepPositions })
  return engine
}

describe('The engine on WebGPU', () => {
  it('reports its backend', async () => {
    expect(await engine.model(undefined)).toMatchObject({ backend: 'webgpu', nLayer: 6, nEmbd: 192 })
  })

  it.each(['english', 'emoji', 'one token +bos', 'empty +bos'].map(referenceText))(
    'has the reference’s numbers at every position of $name',
    async ({ tokenIds, startToken, positions }) => {
      const service = new PredictionService(await freshEngine())
      const window = { tokenIds, from: 0, to: tokenIds.length, startToken }
      const { scores, next } = await service.predict({ ...window, topK: TOP_K, temperature: 1 })

      const scored = scores.filter((score) => score !== null)
      expect(scored.length).toBe(positions.length - 1)
      expect(scored.flatMap((score, row) => scoreDisagreements(score, elementAt(positions, row)))).toEqual([])
      expect(next && disagreements(next, elementAt(positions, positions.length - 1))).toEqual([])
      for (const [token, score] of scores.entries()) {
        const { targetRank = NaN } = elementAt(positions, score?.logitsRow ?? 0)
        if (score === null || score.rank === targetRank) continue
        const row = await service.logits({ tokenIds, startToken, to: tokenIds.length, token })
        const near = row.filter((other) => Math.abs(other - score.logit) <= LOGIT_TOLERANCE).length - 1
        expect(Math.abs(score.rank - targetRank)).toBeLessThanOrEqual(near)
      }
    },
  )
})

describe('On WebGPU the embedded model', () => {
  const reference = elementAt(INTERNALS_REFERENCES, 0)

  it('has the lens of the reference, for rows that are requested at once and later', async () => {
    const lensed = await freshEngine(HALF_OF_INTERNALS)
    const tokenIds = Int32Array.from(reference.ids)
    const { rows: first } = await lens(lensed, lensOfEverything(tokenIds, { endRow: HALF_OF_INTERNALS }))
    const { rows: rest } = await lens(lensed, lensOfEverything(tokenIds, { firstRow: HALF_OF_INTERNALS }))
    const rows = [...first, ...rest]
    const column = (name: 'logProb' | 'kl') => rows.slice(0, -1).flatMap((row) => [...row[name]])
    const layers = reference.lens.slice(0, -1).flat()
    expectNear(
      column('logProb'),
      layers.map(({ targetLogProb = NaN }) => targetLogProb),
    )
    expectNear(
      column('kl'),
      layers.map(({ kl }) => kl),
    )
  })

  it('has the attributions of the reference at the end of its text', async () => {
    const attributed = await freshEngine(HALF_OF_INTERNALS)
    const atEnd = reference.attributions.filter(({ ids }) => ids.length === reference.ids.length)
    expect(atEnd).toHaveLength(3)
    for (const { tokenId, contrast, ids, total, blocks } of atEnd) {
      const actual = await attributed.attribution({ tokenIds: Int32Array.from(ids), tokenId, contrast })
      expectNear([actual.total, ...actual.mlp], [total, ...blocks.map(({ mlp }) => mlp)])
      expectNear(
        [...actual.sources],
        blocks.flatMap(({ sources }) => sources.flat()),
      )
      expect(Math.max(...sumErrors(actual))).toBeLessThanOrEqual(1e-3)
    }
  })
})

describe('The cache on the GPU', () => {
  const text = [...referenceText('numbers').tokenIds]

  it.each([
    {
      edit: 'a replacement',
      edited: [...text.slice(0, 9), 11, ...text.slice(10)],
      computed: text.length - 9,
    },
    { edit: 'an appended token', edited: [...text, 11], computed: 1 },
  ])('gives the numbers of a cold run after $edit', async ({ edited, computed }) => {
    const request = scoreEverything(Int32Array.from(edited))
    const cold = await score(await freshEngine(), request)

    const warm = await freshEngine(HALF_OF_NUMBERS)
    await score(warm, scoreEverything(Int32Array.from(text)))
    const reused = await score(warm, request)

    expect(reused.computedPositions).toBe(computed)
    expectSameNumbers(reused, cold)
  })
})

function expectNear(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length)
  const distances = actual.map((value, i) => Math.abs(value - elementAt(expected, i)))
  expect(Math.max(...distances)).toBeLessThanOrEqual(INTERNALS_TOLERANCE)
}

function expectSameNumbers(actual: Scored, expected: Scored): void {
  for (const column of ['logSumExp', 'entropy', 'targetLogit', 'topLogits'] as const) {
    expect(actual[column].length).toBe(expected[column].length)
    const furthest = Math.max(
      ...actual[column].map((value, i) => Math.abs(value - elementAt(expected[column], i))),
    )
    expect(furthest, column).toBeLessThanOrEqual(LOG_PROB_TOLERANCE)
  }
}
