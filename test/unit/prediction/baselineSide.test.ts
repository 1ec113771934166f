// Explanations of the baseline's side of a comparison: the same numbers as of the model alone.

import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../src/engine/inference/model'
import { Comparisons } from '../../../src/prediction/compare/comparisons'
import { Explanations } from '../../../src/prediction/explain/explanations'
import { PredictionService } from '../../../src/prediction/windows/predictionService'
import type { BaselineModel, EngineApi } from '../../../src/shared/contracts/engine/engineApi'
import { AttributionNeedsFp32Error, ModelChangedError } from '../../../src/shared/errors'
import { safetensors } from '../../support/checkpoints/checkpointBytes'
import { storedAs, temporaryFolder, TINY_CONFIG, tinyTensors } from '../../support/checkpoints/checkpointTiny'
import { connect, freshEngine, loadMini, LOADING_LIMIT_MS, MINI } from '../../support/engine/engineUnderTest'
import { loadModel } from '../../support/engine/loadModel'

const TOKEN_IDS = Int32Array.from({ length: 9 }, (_, i) => 40_000 - 17 * i)
const SEQUENCE = { tokenIds: TOKEN_IDS, to: TOKEN_IDS.length, startToken: true }
const ROW = { ...SEQUENCE, token: 6 }

let mini: LoadedModel
beforeAll(async () => {
  mini = await loadMini()
}, LOADING_LIMIT_MS)

describe('The baseline’s side of a comparison', () => {
  /** The tiny model alone. */
  let alone: Side
  /** The embedded model, with the tiny one beside it. */
  let compared: Side
  let baselineModel: BaselineModel

  beforeEach(async () => {
    const folder = await temporaryFolder({
      'config.json': JSON.stringify(TINY_CONFIG),
      'model.safetensors': safetensors(storedAs('F32', tinyTensors())),
    })
    const location = { id: 'tiny', folder, description: 'A tiny model.', storage: 'user' } as const
    baselineModel = { location, precision: 'fp32' }
    alone = sideOf(await loadModel(location))
    compared = sideOf(mini)
  })

  it('has its lens', async () => {
    const expected = await alone.explanations.lensOf({ ...ROW, tokenId: 7 })

    expect(await compared.explanations.lensOf({ ...ROW, baselineModel, tokenId: 7 })).toEqual(expected)
  })

  it('has its attribution', async () => {
    const question = { ...ROW, tokenId: 7, contrast: { kind: 'mean' } } as const
    const expected = await alone.explanations.attribution(question)

    expect(await compared.explanations.attribution({ ...question, baselineModel })).toEqual(expected)
  })

  it('has its context curves', async () => {
    const question = { ...ROW, scoredIds: [7, 9] }
    const expected = await alone.explanations.contextCurves(question)

    expect(await compared.explanations.contextCurves({ ...question, baselineModel })).toEqual(expected)
  })

  it('has its prediction without knocked out tokens', async () => {
    const question = { ...ROW, knockedOut: [2], scoredIds: [7] } as const
    const { logProbs } = await alone.explanations.knockout(question)

    const found = await compared.explanations.knockout({ ...question, baselineModel })

    expect(found.logProbs).toEqual(logProbs)
  })

  it('has its row of logits', async () => {
    const expected = await alone.service.logits(ROW)

    expect(await compared.service.logits({ ...ROW, baselineModel })).toEqual(expected)
  })

  it('has the windows of the comparison', async () => {
    const { api, service } = compared
    const [info, baseline] = [await service.model(), await api.loadBaseline(baselineModel)]
    const tokenIds = Int32Array.from({ length: 40 }, (_, i) => 40_000 - 17 * i)
    const span = { tokenIds, from: 0, to: 40 }
    const request = { shown: span, baseline: span, baselineModel, startToken: true, topK: 1 }
    const { tokens } = await new Comparisons(api, service).compare(request)
    const maxPositions = Math.min(info.nPositions, baseline.nPositions)

    const { logProb } = await compared.explanations.lensOf({
      ...span,
      startToken: true,
      maxPositions,
      token: 39,
      tokenId: tokenIds[39] ?? NaN,
    })

    expect(logProb.at(-1)).toBeCloseTo(tokens.at(-1)?.score.logProb ?? NaN, 4)
  })

  it('is refused if the files are another model than the compared one', async () => {
    const model = { ...(await compared.api.loadBaseline(baselineModel)), fingerprint: 'another' }

    await expect(compared.service.logits({ ...ROW, baselineModel, model })).rejects.toThrow(ModelChangedError)
  })

  it('has no attribution in int8', async () => {
    const request = {
      ...ROW,
      tokenId: 7,
      contrast: { kind: 'mean' },
      baselineModel: { location: MINI, precision: 'int8' },
    } as const

    await expect(compared.explanations.attribution(request)).rejects.toThrow(AttributionNeedsFp32Error)
  })
})

interface Side {
  readonly api: EngineApi
  readonly service: PredictionService
  readonly explanations: Explanations
}

function sideOf(model: LoadedModel): Side {
  const api = connect(freshEngine(model))
  const service = new PredictionService(api)
  return { api, service, explanations: new Explanations(api, service) }
}
