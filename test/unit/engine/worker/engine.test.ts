import { setImmediate } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { Engine } from '../../../../src/engine/worker/engine'
import { measuredStepSize } from '../../../../src/engine/worker/stepSize'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import type {
  EngineApi,
  ScoreProgress,
  ScoreRequest,
} from '../../../../src/shared/contracts/engine/engineApi'
import { NO_TARGET } from '../../../../src/shared/contracts/engine/engineApi'
import { InvalidRequestError, ModelFilesError } from '../../../../src/shared/errors'
import {
  connect,
  freshEngine,
  LOADING_LIMIT_MS,
  loadMini,
  score,
  scoreEverything,
} from '../../../support/engine/engineUnderTest'
import { loadTokenizer } from '../../../support/texts/loadTokenizer'

const SENTENCE = Int32Array.of(464, 3303, 2746, 1182)

let model: LoadedModel
let engine: EngineApi
beforeAll(async () => {
  model = await loadMini()
  engine = connect(freshEngine(model))
}, LOADING_LIMIT_MS)

describe('Engine', () => {
  it('describes the model', async () => {
    expect(await engine.model(undefined)).toMatchObject({
      id: 'mini',
      precision: 'fp32',
      backend: 'wasm',
      nLayer: 6,
      nHead: 3,
      nEmbd: 192,
      nPositions: 512,
      vocabularySize: 50257,
      parameters: 12_417_216,
    })
  })

  it('tokenizes, and returns the bytes of every token', async () => {
    const { tokenIds } = await engine.tokenize({ text: ' logits' })
    const { bytes, offsets } = await engine.vocabulary(undefined)
    expect(offsets.length).toBe(50258)
    const ofTokens = [...tokenIds].map((id) => bytes.subarray(offsets[id], offsets[id + 1]))
    expect(Buffer.concat(ofTokens).toString()).toBe(' logits')
  })

  it('loads the model once for several calls', async () => {
    let loads = 0
    const shared = engineThatLoads(() => {
      loads++
      return Promise.resolve(model)
    })
    await Promise.all([
      shared.model(undefined),
      shared.model(undefined),
      shared.logits({ tokenIds: SENTENCE }),
    ])
    expect(loads).toBe(1)
  })

  it('loads the model again after a failure', async () => {
    let loads = 0
    const repaired = engineThatLoads(() =>
      ++loads === 1 ? Promise.reject(new ModelFilesError('no such folder')) : Promise.resolve(model),
    )
    await expect(repaired.model(undefined)).rejects.toThrow(ModelFilesError)
    expect(await repaired.model(undefined)).toEqual(model.info)
  })

  it('streams every row once, in order', async () => {
    const rows: number[] = []
    await connect(freshEngine(model, 3)).score(scoreEverything(Int32Array.of(...SENTENCE, ...SENTENCE)), {
      onProgress: (progress) => {
        if (progress.kind === 'rows') rows.push(progress.rows.firstRow, progress.rows.logSumExp.length)
      },
    })
    expect(rows).toEqual([0, 3, 3, 3, 6, 2])
  })

  it('gives only the requested rows, after progress over the positions before them', async () => {
    const progress: ScoreProgress[] = []
    const tokenIds = Int32Array.of(...SENTENCE, ...SENTENCE)
    const request = { ...scoreEverything(tokenIds), firstRow: 6, targets: Int32Array.of(3303, NO_TARGET) }
    await connect(freshEngine(model, 3)).score(request, { onProgress: (more) => progress.push(more) })
    expect(progress).toMatchObject([
      { kind: 'reading', position: 3, firstRow: 6 },
      { kind: 'reading', position: 6, firstRow: 6 },
      { kind: 'rows', rows: { firstRow: 6 } },
    ])
    expect(progress.at(-1)).toHaveProperty('rows.logSumExp.length', 2)
  })

  it('gives rank 1 to the most likely token', async () => {
    const { topIds } = await score(engine, scoreEverything(SENTENCE, { topK: 1 }))
    const { targetRank, targetLogit, topLogits } = await score(
      engine,
      scoreEverything(SENTENCE, { topK: 1, targets: Int32Array.from(topIds) }),
    )
    expect(targetRank).toEqual([1, 1, 1, 1])
    expect(targetLogit).toEqual(topLogits)
  })
})

describe('An invalid request', () => {
  it.each<[string, Partial<ScoreRequest>]>([
    ['no tokens', { tokenIds: new Int32Array(0), targets: new Int32Array(0) }],
    ['more tokens than positions', { tokenIds: new Int32Array(513), targets: new Int32Array(513) }],
    ['a token beyond the vocabulary', { tokenIds: Int32Array.of(1, 2, 3, 50257) }],
    ['a negative token', { tokenIds: Int32Array.of(1, 2, 3, -1) }],
    ['a target beyond the vocabulary', { targets: Int32Array.of(1, 2, 3, 50257) }],
    ['a negative target that is not NO_TARGET', { targets: Int32Array.of(1, 2, 3, -2) }],
    ['too few targets', { targets: Int32Array.of(1, 2, 3) }],
    ['a negative first row', { firstRow: -1, targets: Int32Array.of(1, 2, 3, 4, 5) }],
    ['a fractional first row', { firstRow: 0.5 }],
    ['topK 0', { topK: 0 }],
    ['topK 101', { topK: 101 }],
    ['topK 2.5', { topK: 2.5 }],
    ['temperature 0', { temperature: 0 }],
    ['a temperature above 100', { temperature: 100.5 }],
    ['a negative temperature', { temperature: -1 }],
    ['a temperature of NaN', { temperature: NaN }],
  ])('is rejected: %s', async (_, changes) => {
    await expect(engine.score(scoreEverything(SENTENCE, changes))).rejects.toThrow(InvalidRequestError)
  })

  it.each([0, 513])('is rejected: logits of %d tokens', async (length) => {
    await expect(engine.logits({ tokenIds: new Int32Array(length) })).rejects.toThrow(InvalidRequestError)
  })

  it('does not affect the next request', async () => {
    await expect(engine.score(scoreEverything(SENTENCE, { topK: 0 }))).rejects.toThrow(InvalidRequestError)
    expect((await engine.logits({ tokenIds: SENTENCE })).length).toBe(50257)
  })
})

function engineThatLoads(loadModel: () => Promise<LoadedModel>): EngineApi {
  return connect(
    new Engine({
      loadModel,
      checkBaseline: () => Promise.resolve(),
      loadBaseline: loadModel,
      loadTokenizer,
      createStepPolicy: measuredStepSize,
      nextMacrotask: () => setImmediate(),
    }),
  )
}
