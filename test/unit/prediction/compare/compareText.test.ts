import { expect, it } from 'vitest'
import type { ModelInfo } from '../../../../src/shared/contracts/engine/prediction'
import { Comparisons } from '../../../../src/prediction/compare/comparisons'
import { compareText } from '../../../../src/prediction/compare/compareText'
import { PredictionService } from '../../../../src/prediction/windows/predictionService'
import { connect, freshEngine, loadMini, MINI } from '../../../support/engine/engineUnderTest'
import { HASH_MODEL, hashEngine } from '../../../support/fakes/hashEngine'

it('the comparison of a text counts the context tokens in the windows of the model with fewer positions', async () => {
  const engine = connect({
    ...hashEngine(),
    loadBaseline: () => Promise.resolve({ ...HASH_MODEL, nPositions: HASH_MODEL.nPositions / 2 }),
    compare: () => Promise.resolve({ computedPositions: 0 }),
  })
  const service = new PredictionService(engine)

  const { compared } = await compareText(service, new Comparisons(engine, service), {
    context: ' a'.repeat(12),
    text: ' b',
    baselineModel: { location: MINI, precision: 'fp32' },
    startToken: true,
    topK: 1,
  })

  // Windows of 7 tokens after the start token, with a stride of 4: token 12 is in that of the tokens 8 to 14.
  expect(compared.contextTokens).toEqual({ shown: 4, baseline: 4 })
})

it('the comparison of a text does not mention the graphics adapter if two models run on WASM', async () => {
  const onGpu: ModelInfo = { ...HASH_MODEL, backend: 'webgpu', gpuProcess: 'native' }
  const engine = connect({
    ...hashEngine(onGpu),
    loadBaseline: () => Promise.resolve(HASH_MODEL),
    compare: () => Promise.resolve({ computedPositions: 0 }),
  })
  const service = new PredictionService(engine)

  const { models } = await compareText(service, new Comparisons(engine, service), {
    text: 'a',
    baselineModel: { location: MINI, precision: 'fp32' },
    startToken: true,
    topK: 1,
  })

  expect(models.shown).toEqual({ ...HASH_MODEL, backend: 'wasm' })
})

it('the comparison of a text reports how many of the shared tokens are compared, and collects them in order', async () => {
  const engine = connect(freshEngine(await loadMini()))
  const service = new PredictionService(engine)
  const progress: string[] = []

  const { compared } = await compareText(
    service,
    new Comparisons(engine, service),
    { text: 'The cat sat.', baselineText: 'The dog sat.', startToken: true, topK: 1 },
    { onProgress: (count, shared) => progress.push(`${count} of ${shared}`) },
  )

  expect(Array.from(compared.tokens, ({ position }) => position)).toEqual([0, 2, 3])
  expect(progress.at(-1)).toBe('3 of 3')
})
