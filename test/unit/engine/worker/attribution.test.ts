import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import type { AttributionRequest } from '../../../../src/shared/contracts/engine/engineApi'
import type { Contrast } from '../../../../src/shared/contracts/engine/explanation'
import { elementAt } from '../../../../src/shared/elementAt'
import { AttributionNeedsFp32Error, CancelledError, InvalidRequestError } from '../../../../src/shared/errors'
import {
  inLinearLayout,
  loadTiny,
  storedAs,
  TINY_CONFIG,
  tinyTensors,
} from '../../../support/checkpoints/checkpointTiny'
import {
  connect,
  freshEngine,
  LOADING_LIMIT_MS,
  loadMini,
  MINI,
  score,
  scoreEverything,
  withWatchedTransformer,
} from '../../../support/engine/engineUnderTest'
import { sumErrors } from '../../../support/engine/explain'
import { loadModel } from '../../../support/engine/loadModel'
import { referenceText } from '../../../support/reference/referenceTexts'

const SUM_TOLERANCE = 1e-3
const STEP = 16
const tokenIds = referenceText('long').tokenIds.subarray(0, 3 * STEP)
const REQUEST: AttributionRequest = { tokenIds, tokenId: 11, contrast: { kind: 'token', tokenId: 13 } }

let mini: LoadedModel
beforeAll(async () => {
  mini = await loadMini()
}, LOADING_LIMIT_MS)

/** Small models of every form; the vocabulary is the full one. */
const models = fc.record({
  seed: fc.integer({ min: 1, max: 1000 }),
  n_layer: fc.integer({ min: 1, max: 3 }),
  n_head: fc.constantFrom(1, 2, 4, 8),
  tie_word_embeddings: fc.boolean(),
  scale_attn_by_inverse_layer_idx: fc.boolean(),
  layout: fc.constantFrom('Conv1D', 'Linear'),
  biases: fc.boolean(),
})
const contrasts = fc.oneof<fc.Arbitrary<Contrast>[]>(
  fc.record({ kind: fc.constant('token' as const), tokenId: fc.integer({ min: 0, max: 50256 }) }),
  fc.constant({ kind: 'mean' }),
  fc.constant({ kind: 'nothing' }),
)

describe('An attribution', () => {
  it('adds up in any model, for any tokens', async () => {
    await fc.assert(
      fc.asyncProperty(
        models,
        fc.array(fc.integer({ min: 0, max: 50256 }), { minLength: 1, maxLength: TINY_CONFIG.n_positions }),
        fc.integer({ min: 0, max: 50256 }),
        contrasts,
        async ({ seed, layout, biases, ...fields }, ids, tokenId, contrast) => {
          const config = { ...TINY_CONFIG, ...fields }
          const all = storedAs('F32', tinyTensors(config, seed))
          const stored = biases ? all : new Map([...all].filter(([name]) => !name.endsWith('.bias')))
          const model = await loadTiny(layout === 'Linear' ? inLinearLayout(stored) : stored, config)
          const engine = connect(freshEngine(model, 5))
          const attribution = await engine.attribution({ tokenIds: Int32Array.from(ids), tokenId, contrast })
          expect(Math.max(...sumErrors(attribution))).toBeLessThanOrEqual(SUM_TOLERANCE)
          expect(attribution.sources.length).toBe(fields.n_layer * fields.n_head * ids.length)
        },
      ),
      { numRuns: 12 },
    )
  }, 120_000)

  it('has the difference of the logits as its total', async () => {
    const engine = connect(freshEngine(mini, STEP))
    const logits = await engine.logits({ tokenIds })
    const { total } = await engine.attribution(REQUEST)
    expect(total).toBeCloseTo(elementAt(logits, 11) - elementAt(logits, 13), 4)
  })

  it('is zero in contrast with the same token', async () => {
    const { total, attention, mlp, sources, wte, wpe, lnF } = await connect(
      freshEngine(mini, STEP),
    ).attribution({ ...REQUEST, contrast: { kind: 'token', tokenId: REQUEST.tokenId } })
    const parts = [total, wte, wpe, lnF, ...attention, ...mlp, ...sources]
    expect(parts.every((part) => part === 0)).toBe(true)
  })

  it('runs one position of a text that was scored', async () => {
    const { model, runs } = withWatchedTransformer(mini)
    const engine = connect(freshEngine(model, STEP))
    await score(engine, scoreEverything(tokenIds))
    runs.length = 0
    await engine.attribution(REQUEST)
    expect(runs).toEqual([])
  })

  it('is the same of a cached text and of a new one', async () => {
    const engine = connect(freshEngine(mini, STEP))
    const cold = await engine.attribution(REQUEST)
    const warm = await engine.attribution(REQUEST)
    expect(warm).toEqual(cold)
  })

  it('of a first token has itself as its only source', async () => {
    const attribution = await connect(freshEngine(mini)).attribution({
      ...REQUEST,
      tokenIds: Int32Array.of(50256),
    })
    expect(attribution.sources.length).toBe(mini.info.nLayer * mini.info.nHead)
    expect(Math.max(...sumErrors(attribution))).toBeLessThanOrEqual(SUM_TOLERANCE)
  })

  it('needs fp32', async () => {
    const engine = connect(freshEngine(await loadModel(MINI, { precision: 'int8' })))
    await expect(engine.attribution(REQUEST)).rejects.toThrow(AttributionNeedsFp32Error)
  })

  it('can be cancelled', async () => {
    const cancelled = connect(freshEngine(mini)).attribution(REQUEST, { signal: AbortSignal.abort() })
    await expect(cancelled).rejects.toThrow(CancelledError)
  })

  it.each<[string, Partial<AttributionRequest>]>([
    ['no tokens', { tokenIds: new Int32Array(0) }],
    ['a token beyond the vocabulary', { tokenId: 50257 }],
    ['a negative token', { tokenId: -1 }],
    ['another token beyond the vocabulary', { contrast: { kind: 'token', tokenId: 50257 } }],
  ])('rejects a request with %s', async (_, changes) => {
    await expect(connect(freshEngine(mini)).attribution({ ...REQUEST, ...changes })).rejects.toThrow(
      InvalidRequestError,
    )
  })
})
