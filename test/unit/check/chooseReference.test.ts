import { describe, expect, it } from 'vitest'
import { chooseReference, type UseReference } from '../../../src/check/chooseReference'
import { START_TOKEN_ID } from '../../../src/shared/contracts/engine/prediction'
import type { SimulatedModel, SimulationApi } from '../../../src/shared/contracts/engine/simulation'
import { elementAt } from '../../../src/shared/elementAt'
import { logitsRow, savedRows } from '../../support/files/savedLogits'

const TOKENS = Int32Array.of(10, 11, 12)
/** The seed of each model's rows. */
const SEEDS: Readonly<Record<string, number>> = { mini: 1, gpt2: 100, distilgpt2: 200 }

/** Models whose row i of the text is `logitsRow(seed + i)`; with the start token, its row comes before them. */
class FakeModels {
  readonly used: string[] = []

  constructor(private readonly model: Partial<SimulatedModel> = {}) {}

  readonly use: UseReference = (id, work) => {
    this.used.push(id)
    return work(this.apiOf(elementAt([SEEDS[id] ?? NaN], 0)))
  }

  private apiOf(seed: number): SimulationApi {
    const missing = () => Promise.reject(new Error('the choice simulates no mistakes'))
    return {
      simulatedModel: () => Promise.resolve({ ...MODEL, ...this.model }),
      referenceLogits: ({ tokenIds, rows }) => {
        const shift = tokenIds[0] === START_TOKEN_ID ? 1 : 0
        return Promise.resolve(logitsRow(seed + elementAt([...rows], 0) - shift))
      },
      simulate: missing,
      hiddenStates: missing,
      subBlock: missing,
    }
  }
}

const MODEL: SimulatedModel = {
  id: 'any',
  description: '',
  fingerprint: '',
  remarks: [],
  parameters: 1,
  precision: 'fp32',
  backend: 'wasm',
  threads: 1,
  nLayer: 2,
  nHead: 2,
  nEmbd: 8,
  nPositions: 16,
  vocabularySize: 50257,
  activation: 'gelu_new',
  layerNormEpsilon: 1e-5,
  hasBiases: true,
  scalesByLayer: false,
  isTied: true,
}

const rowsOf = (seed: number) => savedRows([0, 1, 2].map((row) => logitsRow(seed + row)))
const MODELS = ['mini', 'gpt2', 'distilgpt2'] as const

describe('The choice of the reference model', () => {
  it('is the model whose rows are in the file', async () => {
    const { use } = new FakeModels()
    expect(await chooseReference(await rowsOf(200), MODELS, { tokenIds: TOKENS, use })).toBe('distilgpt2')
  })

  it('is the model that the file names, also if its rows are those of another', async () => {
    const models = new FakeModels()
    const file = { ...(await rowsOf(200)), model: 'gpt2' }
    expect(await chooseReference(file, MODELS, { tokenIds: TOKENS, use: models.use })).toBe('gpt2')
  })

  it('is chosen by the rows if the file names an unknown model', async () => {
    const { use } = new FakeModels()
    const file = { ...(await rowsOf(200)), model: 'my-model' }
    expect(await chooseReference(file, MODELS, { tokenIds: TOKENS, use })).toBe('distilgpt2')
  })

  it('loads no further model when one has the same numbers', async () => {
    const models = new FakeModels()
    await chooseReference(await rowsOf(1), MODELS, { tokenIds: TOKENS, use: models.use })
    expect(models.used).toEqual(['mini'])
  })

  it('is the model whose rows differ least if none has the same numbers', async () => {
    const rows = [0, 1, 2].map((row) => logitsRow(100 + row).map((logit, v) => logit + 0.1 * Math.sin(v)))
    const { use } = new FakeModels()
    expect(await chooseReference(await savedRows(rows), MODELS, { tokenIds: TOKENS, use })).toBe('gpt2')
  })

  it('compares with the rows after a start token too', async () => {
    const { use } = new FakeModels()
    const file = await savedRows([-1, 0, 1, 2].map((row) => logitsRow(100 + row)))
    expect(await chooseReference(file, MODELS, { tokenIds: TOKENS, use })).toBe('gpt2')
  })

  it('takes token ids that begin with the start token', async () => {
    const { use } = new FakeModels()
    const tokenIds = Int32Array.of(START_TOKEN_ID, ...TOKENS)
    const file = await savedRows([-1, 0, 1, 2].map((row) => logitsRow(200 + row)))
    expect(await chooseReference(file, MODELS, { tokenIds, use })).toBe('distilgpt2')
  })

  it('loads nothing if there is only one model', async () => {
    const models = new FakeModels()
    await chooseReference(await rowsOf(1), ['gpt2'], { tokenIds: TOKENS, use: models.use })
    expect(models.used).toEqual([])
  })

  it('is the first model if no model has as many positions as the text has tokens', async () => {
    const { use } = new FakeModels({ nPositions: 2 })
    expect(await chooseReference(await rowsOf(200), MODELS, { tokenIds: TOKENS, use })).toBe('mini')
  })

  it('says which model is compared', async () => {
    const compared: string[] = []
    await chooseReference(await rowsOf(100), MODELS, {
      tokenIds: TOKENS,
      use: new FakeModels().use,
      onModel: (model) => compared.push(model),
    })
    expect(compared).toEqual(['mini', 'gpt2'])
  })
})
