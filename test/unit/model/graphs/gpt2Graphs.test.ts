import { describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import {
  loadTiny,
  storedAs,
  type Tensors,
  TINY_CONFIG,
  tinyTensors,
} from '../../../support/checkpoints/checkpointTiny'
import type { StoredTensor } from '../../../support/checkpoints/checkpointBytes'
import { connect, freshEngine, score, scoreEverything } from '../../../support/engine/engineUnderTest'
import { elementAt } from '../../../../src/shared/elementAt'
import { forwardPass, type ForwardPassShape } from '../../../support/reference/referenceForwardPass'

const TOKENS = [50256, 11, 0, 464, 50255, 11, 11, 3303, 25000]
const TINY: ForwardPassShape = {
  layers: 2,
  heads: 2,
  layerNormEpsilon: 1e-5,
  scaleByLayer: false,
  head: 'wte.weight',
}
/** Logits of these models reach about 10; float32 has seven digits. */
const LOGIT_TOLERANCE = 1e-4

describe('A tiny GPT-2 agrees with the equations', () => {
  it.each<[string, object, Partial<ForwardPassShape>]>([
    ['with two heads', {}, {}],
    ['with one head', { n_head: 1 }, { heads: 1 }],
    ['with heads of one dimension', { n_head: 8 }, { heads: 8 }],
    ['with 16 dimensions and three layers', { n_embd: 16, n_layer: 3, n_head: 4 }, { layers: 3, heads: 4 }],
    ['with a narrow hidden layer', { n_inner: 5 }, {}],
    ['with a large epsilon', { layer_norm_epsilon: 0.1 }, { layerNormEpsilon: 0.1 }],
    [
      'with scores divided by the layer’s number',
      { scale_attn_by_inverse_layer_idx: true },
      { scaleByLayer: true },
    ],
    ['with its own head', { tie_word_embeddings: false }, { head: 'lm_head.weight' }],
  ])('%s', async (_, fields, shape) => {
    const config = { ...TINY_CONFIG, ...fields }
    const tensors = tinyTensors(config)
    const model = await loadTiny(storedAs('F32', tensors), config)
    await expectEquations(model, tensors, { ...TINY, ...shape })
  })

  it('stored as F16', async () => {
    const tensors = tinyTensors()
    await expectEquations(await loadTiny(storedAs('F16', tensors)), tensors, TINY)
  })

  it('stored partly as F16 and partly as F32', async () => {
    const tensors = tinyTensors()
    const [halves, floats] = [storedAs('F16', tensors), storedAs('F32', tensors)]
    const mixed = new Map(
      [...floats].map(([name, tensor], i) => [name, i % 2 === 0 ? tensor : (halves.get(name) ?? tensor)]),
    )
    await expectEquations(await loadTiny(mixed), tensors, TINY)
  })

  it('with names that begin with `transformer.` and mask buffers next to them', async () => {
    const tensors = tinyTensors()
    const mask = { dtype: 'F32', shape: [1, 1, 1, 1], bytes: new Uint8Array(4) }
    const stored = new Map<string, StoredTensor>([['transformer.h.0.attn.bias', mask]])
    for (const [name, tensor] of storedAs('F32', tensors)) stored.set(`transformer.${name}`, tensor)
    await expectEquations(await loadTiny(stored), tensors, TINY)
  })

  it('up to its last position', async () => {
    const tensors = tinyTensors()
    const model = await loadTiny(storedAs('F32', tensors))
    const full = Array.from({ length: TINY_CONFIG.n_positions }, (_, i) => 1000 * i)
    await expectEquations(model, tensors, TINY, full)
  })
})

/** Compares all logits. The engine runs in chunks, so that cached keys and values are used too. */
async function expectEquations(
  model: LoadedModel,
  tensors: Tensors,
  shape: ForwardPassShape,
  tokens: readonly number[] = TOKENS,
): Promise<void> {
  const expected = forwardPass(tensors, shape, tokens)
  const engine = connect(freshEngine(model, 4))
  const { targetLogit, logSumExp } = await score(engine, scoreEverything(Int32Array.from(tokens)))
  for (const [row, logits] of expected.entries()) {
    const ours = await engine.logits({ tokenIds: Int32Array.from(tokens.slice(0, row + 1)) })
    const distances = logits.map((logit, id) => Math.abs(logit - elementAt(ours, id)))
    const furthest = distances.reduce((max, distance) => Math.max(max, distance), 0)
    expect(furthest).toBeLessThanOrEqual(LOGIT_TOLERANCE)
    const expectedLogSumExp = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0))
    expect(Math.abs(elementAt(logSumExp, row) - expectedLogSumExp)).toBeLessThanOrEqual(LOGIT_TOLERANCE)
    const target = tokens[row + 1]
    if (target !== undefined)
      expect(Math.abs(elementAt(targetLogit, row) - elementAt(logits, target))).toBeLessThanOrEqual(
        LOGIT_TOLERANCE,
      )
  }
}
