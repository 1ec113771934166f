import { describe, expect, it } from 'vitest'
import { NonFiniteLogitsError } from '../../../../src/shared/errors'
import { type Precision, PRECISIONS } from '../../../../src/shared/contracts/engine/prediction'
import type { EngineApi } from '../../../../src/shared/contracts/engine/engineApi'
import type { StoredTensor } from '../../../support/checkpoints/checkpointBytes'
import {
  inLinearLayout,
  loadTiny,
  storedAs,
  tensorOf,
  type Tensors,
  TINY_CONFIG,
  tinyTensors,
} from '../../../support/checkpoints/checkpointTiny'
import { connect, freshEngine, score, scoreEverything } from '../../../support/engine/engineUnderTest'

const CONFIG = { ...TINY_CONFIG, n_layer: 3 }
const UNTIED = { ...CONFIG, tie_word_embeddings: false }
/** Without token 0, whose weights are the damaged ones. */
const TOKENS = Int32Array.of(464, 3303, 2746)

/** The parts that are damaged in the middle block. In the first and the last block only two of them are damaged. */
const BLOCK_PARTS = [
  'ln_1.weight',
  'ln_1.bias',
  'attn.c_attn.weight',
  'attn.c_attn.bias',
  'attn.c_proj.weight',
  'ln_2.bias',
  'mlp.c_fc.weight',
  'mlp.c_proj.bias',
]

describe.each(PRECISIONS)('In %s', (precision) => {
  describe('A weight that is NaN', () => {
    it.each([
      ...BLOCK_PARTS.map((part) => [1, part] as const),
      ...[0, 2].flatMap((block) => [[block, 'ln_1.weight'] as const, [block, 'mlp.c_proj.bias'] as const]),
    ])('in block %d (%s) gives an error that names this block', async (block, part) => {
      const engine = await engineWith(precision, `h.${block}.${part}`, NaN)
      await expectError(engine, `from block ${block} on`)
    })

    it('in the values’ part of a block’s projection gives an error that names this block', async () => {
      const damagedTensors = changed(CONFIG, 'h.1.attn.c_attn.bias', (values) =>
        values.fill(NaN, 2 * CONFIG.n_embd),
      )
      const engine = connect(freshEngine(await loadTiny(damagedTensors, CONFIG, precision)))
      await expectError(engine, 'from block 1 on')
    })

    it.each(['ln_f.weight', 'ln_f.bias', 'wte.weight'])(
      'in %s gives an error that names the LM head',
      async (name) => {
        await expectError(await engineWith(precision, name, NaN), 'from the LM head on')
      },
    )

    it('in the first position gives an error that names the first block', async () => {
      await expectError(await engineWith(precision, 'wpe.weight', NaN), 'from block 0 on')
    })
  })

  describe('A weight that is NaN in another kind of model', () => {
    it.each(
      ['gelu_new', 'gelu', 'relu'].flatMap((activation) =>
        ['h.1.mlp.c_fc.weight', 'h.1.mlp.c_fc.bias'].map((name) => [activation, name] as const),
      ),
    )('is not hidden by %s (%s)', async (activation, name) => {
      const engine = await engineWith(precision, name, NaN, { ...CONFIG, activation_function: activation })
      await expectError(engine, 'from block 1 on')
    })

    it('is detected in Linear layout without biases', async () => {
      const stored = withFirst(CONFIG, 'h.2.mlp.c_proj.weight', NaN)
      const student = inLinearLayout(new Map([...stored].filter(([name]) => !name.endsWith('.bias'))))
      await expectError(connect(freshEngine(await loadTiny(student, CONFIG, precision))), 'from block 2 on')
    })

    it('has no effect in a row of padding', async () => {
      const config = { ...CONFIG, vocab_size: 50304 }
      const padded = changed(config, 'wte.weight', (values) => values.fill(NaN, 50257 * CONFIG.n_embd))
      const engine = connect(freshEngine(await loadTiny(padded, config, precision)))
      const { logSumExp, topIds } = await score(engine, scoreEverything(TOKENS))
      expect(logSumExp.every(Number.isFinite)).toBe(true)
      expect(topIds.every((id) => id < 50257)).toBe(true)
    })
  })

  describe('A weight that is infinite', () => {
    it.each([Infinity, -Infinity])('gives an error (%d)', async (value) => {
      await expectError(await engineWith(precision, 'h.1.mlp.c_proj.bias', value), 'from block 1 on')
    })

    // ReLU turns −∞ into 0, so the outputs of the later parts stay finite.
    it.each([
      ['gelu_new', Infinity],
      ['gelu_new', -Infinity],
      ['gelu', Infinity],
      ['gelu', -Infinity],
      ['relu', Infinity],
      ['relu', -Infinity],
    ])('is not hidden by %s (%d)', async (activation, value) => {
      const config = { ...CONFIG, activation_function: activation }
      await expectError(await engineWith(precision, 'h.1.mlp.c_fc.bias', value, config), 'from block 1 on')
    })

    // One value makes the logit of the only row ∞, the other −∞.
    it.each([Infinity, -Infinity])(
      'in the head gives an error for a logit of either sign (%d)',
      async (value) => {
        const engine = await engineWith(precision, 'lm_head.weight', value, UNTIED)
        await expectError(engine, 'from the LM head on', TOKENS.subarray(0, 1))
      },
    )
  })

  describe('Finite weights', () => {
    it('give no error', async () => {
      const engine = await engineWith(precision, 'ln_f.bias', 1)
      const { logSumExp } = await score(engine, scoreEverything(TOKENS))
      expect(logSumExp.every(Number.isFinite)).toBe(true)
    })
  })
})

async function engineWith(
  precision: Precision,
  name: string,
  value: number,
  config: object = CONFIG,
): Promise<EngineApi> {
  return connect(freshEngine(await loadTiny(withFirst(config, name, value), config, precision)))
}

/** The stored tensors of a tiny model, with the first value of one tensor replaced. */
function withFirst(config: object, name: string, value: number): Map<string, StoredTensor> {
  return changed(config, name, (values) => values.fill(value, 0, 1))
}

const undamaged = new Map<string, { readonly tensors: Tensors; readonly stored: Map<string, StoredTensor> }>()

/** The stored tensors of a tiny model, with a changed copy of one. The others are computed once for each config. */
function changed(
  config: object,
  name: string,
  change: (values: Float64Array) => void,
): Map<string, StoredTensor> {
  const key = JSON.stringify(config)
  const tensors = undamaged.get(key)?.tensors ?? tinyTensors(config)
  const stored = undamaged.get(key)?.stored ?? storedAs('F32', tensors)
  undamaged.set(key, { tensors, stored })
  const { shape, values } = tensorOf(tensors, name)
  const copy = values.slice()
  change(copy)
  return new Map([...stored, ...storedAs('F32', new Map([[name, { shape, values: copy }]]))])
}

/** Expects the error from both methods that return numbers. */
async function expectError(engine: EngineApi, message: string, tokenIds = TOKENS): Promise<void> {
  const calls = [() => engine.score(scoreEverything(tokenIds)), () => engine.logits({ tokenIds })]
  for (const call of calls) {
    const error: unknown = await call().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(NonFiniteLogitsError)
    expect(error).toHaveProperty('message', expect.stringContaining(message))
  }
}
