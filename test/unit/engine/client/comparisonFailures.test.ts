// A backend that fails in the middle of a comparison or a lens: what continues is said, and each row comes once.

import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import { compareInspection } from '../../../../src/prediction/compare/compareInspection'
import { Comparisons } from '../../../../src/prediction/compare/comparisons'
import { Explanations } from '../../../../src/prediction/explain/explanations'
import { prepareText } from '../../../../src/prediction/windows/inspectText'
import { lensOfSection } from '../../../../src/prediction/explain/lensOfSection'
import { PredictionService } from '../../../../src/prediction/windows/predictionService'
import type { BaselineModel, EngineApi } from '../../../../src/shared/contracts/engine/engineApi'
import type { ModelInfo } from '../../../../src/shared/contracts/engine/prediction'
import { EngineStoppedError, ModelFilesError } from '../../../../src/shared/errors'
import { loadMini, LOADING_LIMIT_MS, MINI } from '../../../support/engine/engineUnderTest'
import { RouterUnderTest } from '../../../support/fakes/routerUnderTest'

const INT8: BaselineModel = { location: MINI, precision: 'int8' }
const TEXT = 'The cat sat on the mat.'
const ENDED = new EngineStoppedError('The native engine has ended.')

let mini: LoadedModel
beforeAll(async () => {
  mini = await loadMini()
}, LOADING_LIMIT_MS)

describe('If the native process ends in the middle', { timeout: LOADING_LIMIT_MS }, () => {
  let tested: RouterUnderTest
  let service: PredictionService

  beforeEach(async () => {
    tested = new RouterUnderTest(mini)
    tested.selected = ['native']
    await tested.router.retry()
    service = new PredictionService(tested.router.api)
  })

  afterEach(() => tested.router.dispose())

  describe('a comparison', () => {
    it.each<[string, BaselineModel | undefined]>([
      ['of two models', INT8],
      ['of two texts', undefined],
    ])('%s has every token once', async (_, baselineModel) => {
      endAfter(2)

      const { tokens } = await compare(baselineModel)

      expect(tokens.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4, 5, 6])
      expect(tested.failures).toEqual(['native → wasm: The native engine has ended.'])
    })

    it('says before the first token of WASM that both sides are on WASM now', async () => {
      endAfter(2)
      const said: string[] = []

      await compare(INT8, said)

      expect(said).toEqual(['start native native', 'tokens', 'tokens', 'wasm wasm', 'tokens', 'tokens'])
    })

    it('names both backends in its result', async () => {
      endAfter(2)

      const { model, baseline } = await compare(INT8)

      for (const side of [model, baseline])
        expect(side).toMatchObject({ backend: 'wasm', remarks: ['started on native'] })
    })

    it('says that both sides are on WASM if it ends between two sections', async () => {
      const prepared = await prepareText(service, { text: TEXT, startToken: true, topK: 1 })
      const sequences = [...prepared.sequences, ...prepared.sequences]
      const said: string[] = []

      await compareInspection(
        new Comparisons(tested.router.api, service),
        { shown: { ...prepared, sequences }, baseline: { model: INT8, sequences } },
        {
          onNext: (section) => {
            if (section === 0) tested.native.engine.end(ENDED)
          },
          onModels: (models) => said.push(backendsOf(models), ...models.baseline.remarks),
        },
      )

      expect(said).toEqual(['wasm wasm', 'started on native'])
    })

    it.each<[string, BaselineModel | undefined]>([
      ['of two models', INT8],
      ['of two texts', undefined],
    ])('%s stays on WASM after it, also if the process is started again', async (_, model) => {
      const prepared = await prepareText(service, { text: TEXT, startToken: true, topK: 1 })
      const sequences = [...prepared.sequences, ...prepared.sequences]
      endAfter(2)
      const { api } = tested.router
      const said: string[] = []
      const restarting: EngineApi = {
        ...api,
        compare: async (...call) => {
          if (said.length > 0) {
            tested.native.replaceEngine()
            await tested.router.retry()
          }
          return api.compare(...call)
        },
      }

      await compareInspection(
        new Comparisons(restarting, service),
        { shown: { ...prepared, sequences }, baseline: { model, sequences } },
        { onModels: (models) => said.push(backendsOf(models)) },
      )

      expect(await tested.backend()).toBe('native')
      expect(tested.native.engine.runs).toEqual([])
      expect(said).toEqual(['wasm wasm'])
    })

    it('says nothing if no backend fails', async () => {
      const said: string[] = []

      await compare(INT8, said)

      expect(said).toEqual(['start native native', 'tokens', 'tokens', 'tokens', 'tokens'])
    })
  })

  describe('a lens', () => {
    it('says which model continues before its first row', async () => {
      endAfter(2)
      const said: string[] = []
      const { tokenIds } = await service.tokenize(TEXT)

      await new Explanations(tested.router.api, service).lens(
        { tokenIds, to: tokenIds.length, from: 0, end: tokenIds.length + 1, startToken: true, topK: 1 },
        {
          onRows: (_, rows) => said.push(`rows: ${rows.length}`),
          onContinued: ({ backend }) => said.push(backend),
        },
      )

      expect(said.filter((event) => !event.startsWith('rows'))).toEqual(['wasm'])
      expect(said.indexOf('wasm')).toBeGreaterThan(0)
    })

    it('names both backends in its result, which the report has', async () => {
      endAfter(2)
      const prepared = await prepareText(service, { text: TEXT, startToken: true, topK: 1 })

      const { inspection, rows } = await lensOfSection(new Explanations(tested.router.api, service), {
        prepared,
        from: 0,
        end: 8,
        topK: 1,
      })

      expect(rows.size).toBe(8)
      expect(inspection.model).toMatchObject({ backend: 'wasm', remarks: ['started on native'] })
    })
  })

  /** The native engine ends after `runs` more runs. */
  function endAfter(runs: number): void {
    const { engine } = tested.native
    engine.beforeRun = (before) => {
      if (before === runs) engine.end(ENDED)
    }
  }

  async function compare(baselineModel: BaselineModel | undefined, said: string[] = []) {
    const { tokenIds } = await service.tokenize(TEXT)
    const span = { tokenIds, from: 0, to: tokenIds.length }
    return new Comparisons(tested.router.api, service).compare(
      { shown: span, baseline: span, baselineModel, startToken: true, topK: 1 },
      {
        onStart: ({ model, baseline }) => said.push(`start ${backendsOf({ shown: model, baseline })}`),
        onTokens: () => said.push('tokens'),
        onContinued: (models) => said.push(backendsOf(models)),
      },
    )
  }
})

describe('A model to compare with', { timeout: LOADING_LIMIT_MS }, () => {
  let tested: RouterUnderTest

  beforeEach(() => {
    tested = new RouterUnderTest(mini)
  })

  afterEach(() => tested.router.dispose())

  it('that cannot be read leaves the backend in use', async () => {
    tested.selected = ['native']
    await tested.router.retry()
    const location = { ...MINI, folder: '/nowhere', ifMissing: 'gpt2 is not installed.' }

    const load = tested.router.api.loadBaseline({ location, precision: 'fp32' })

    await expect(load).rejects.toThrow(ModelFilesError)
    expect(tested.failures).toEqual([])
    expect(await tested.backend()).toBe('native')
  })

  it('is loaded on WASM while WebGPU answers, which has the files of one model', async () => {
    tested.selected = ['webgpu']
    await tested.router.retry()

    const { backend } = await tested.router.api.loadBaseline(INT8)

    expect(backend).toBe('wasm')
    expect(await tested.backend()).toBe('webgpu')
  })
})

function backendsOf({ shown, baseline }: { readonly shown: ModelInfo; readonly baseline: ModelInfo }) {
  return `${shown.backend} ${baseline.backend}`
}
