import { describe, expect, it } from 'vitest'
import { writeSeededGpt2, type SeededGpt2 } from '../../../../bench/fullSize/seededGpt2'
import type { ModelLocation } from '../../../../src/shared/contracts/engine/engineApi'
import { elementAt } from '../../../../src/shared/elementAt'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'
import { connect, freshEngine, MINI } from '../../../support/engine/engineUnderTest'
import { CPU_BACKENDS, type CpuBackend, loadModel } from '../../../support/engine/loadModel'
import { loadSimulation } from '../../../support/engine/loadSimulation'

/** Nats. */
const TOLERANCE = 2e-5
const TOKENS = Int32Array.from({ length: 24 }, (_, i) => (464 + 7919 * i) % 50257)
const SMALL: SeededGpt2 = {
  config: { model_type: 'gpt2', n_layer: 3, n_head: 4, n_embd: 64, n_positions: 128, vocab_size: 50257 },
  type: 'F32',
  deviation: 0.2,
}

describe.each(CPU_BACKENDS)('On %s, without a mistake, the simulated model is the engine’s', (backend) => {
  it.each<readonly [string, () => Promise<ModelLocation>]>([
    ['the embedded model', () => Promise.resolve(MINI)],
    ['a seeded model', () => seeded(SMALL)],
    ['Linear layout without biases', () => seeded({ ...SMALL, layout: 'Linear', biases: 'absent' })],
    [
      'its own head, exact GELU, scores divided by the layer’s number',
      () =>
        seeded({
          ...SMALL,
          config: {
            ...SMALL.config,
            tie_word_embeddings: false,
            activation_function: 'gelu',
            scale_attn_by_inverse_layer_idx: true,
            layer_norm_epsilon: 1e-3,
          },
        }),
    ],
  ])('%s', async (_, location) => {
    expect(await furthest(await location(), backend)).toBeLessThanOrEqual(TOLERANCE)
  })
})

/** The largest difference of two log-probabilities in some rows. */
async function furthest(location: ModelLocation, backend: CpuBackend): Promise<number> {
  const engine = connect(freshEngine(await loadModel(location, { backend })))
  const simulator = await loadSimulation(location, backend)
  const residual = await simulator.residual(TOKENS, {})
  const { logits } = await simulator.head(residual, {})
  const V = simulator.model.vocabularySize
  let max = 0
  for (const row of [0, 1, 9, 23]) {
    const expected = logProbs(await engine.logits({ tokenIds: TOKENS.slice(0, row + 1) }))
    logProbs(logits.subarray(row * V, (row + 1) * V)).forEach((value, id) => {
      max = Math.max(max, Math.abs(value - elementAt(expected, id)))
    })
  }
  return max
}

async function seeded(model: SeededGpt2): Promise<ModelLocation> {
  const folder = await temporaryFolder({})
  await writeSeededGpt2(folder, model)
  return { id: 'seeded', folder, description: 'A seeded model.', storage: 'user' }
}

function logProbs(logits: Float32Array): Float64Array {
  const max = logits.reduce((largest, logit) => Math.max(largest, logit), -Infinity)
  const sum = max + Math.log(logits.reduce((total, logit) => total + Math.exp(logit - max), 0))
  return Float64Array.from(logits, (logit) => logit - sum)
}
