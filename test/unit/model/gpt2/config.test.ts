import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../../../src/model/gpt2/config'
import { ModelConfigError } from '../../../../src/shared/errors'

/** The fields of gpt2's own configuration that are read. */
const GPT2 = {
  model_type: 'gpt2',
  activation_function: 'gelu_new',
  n_layer: 12,
  n_head: 12,
  n_embd: 768,
  n_positions: 1024,
  n_ctx: 1024,
  vocab_size: 50257,
  layer_norm_epsilon: 1e-5,
}

const parse = (fields: object) => parseConfig(JSON.stringify({ ...GPT2, ...fields }))

describe('parseConfig', () => {
  it('reads gpt2’s own configuration', () => {
    expect(parse({})).toEqual({
      nLayer: 12,
      nHead: 12,
      nEmbd: 768,
      nPositions: 1024,
      nInner: 3072,
      vocabSize: 50257,
      activation: 'gelu_new',
      layerNormEpsilon: 1e-5,
      scaleAttnByInverseLayerIdx: false,
      tied: true,
    })
  })

  it('has the same defaults as Hugging Face', () => {
    expect(parseConfig('{"n_layer": 2, "n_head": 2, "n_embd": 8}')).toEqual({
      nLayer: 2,
      nHead: 2,
      nEmbd: 8,
      nPositions: 1024,
      nInner: 32,
      vocabSize: 50257,
      activation: 'gelu_new',
      layerNormEpsilon: 1e-5,
      scaleAttnByInverseLayerIdx: false,
      tied: true,
    })
  })

  it('reads the fields that differ from gpt2', () => {
    const own = {
      n_inner: 100,
      layer_norm_epsilon: 1e-6,
      scale_attn_by_inverse_layer_idx: true,
      tie_word_embeddings: false,
      vocab_size: 50304,
    }
    expect(parse(own)).toMatchObject({
      nInner: 100,
      layerNormEpsilon: 1e-6,
      scaleAttnByInverseLayerIdx: true,
      tied: false,
      vocabSize: 50304,
    })
  })

  it.each(['gelu_new', 'gelu', 'relu'])('reads the activation %s', (activation) => {
    expect(parse({ activation_function: activation })).toMatchObject({ activation })
  })

  it.each([true, false])(
    'ignores reorder_and_upcast_attn (%s), which does not change float32 results',
    (flag) => {
      expect(parse({ reorder_and_upcast_attn: flag })).toEqual(parse({}))
    },
  )

  it('accepts 200 layers', () => {
    expect(parse({ n_layer: 200 })).toMatchObject({ nLayer: 200 })
  })

  it('treats null as absent', () => {
    expect(parse({ n_inner: null })).toMatchObject({ nInner: 3072 })
  })

  it('falls back to n_ctx', () => {
    expect(parse({ n_positions: undefined, n_ctx: 512 })).toMatchObject({ nPositions: 512 })
  })
})

describe('A configuration is refused', () => {
  it.each<[string, string]>([
    ['that is not JSON', '{"n_layer": 12,'],
    ['that is empty', ''],
    ['that is a list', '[]'],
    ['that is null', 'null'],
    ['that is a number', '12'],
  ])('%s', (_, json) => {
    expect(() => parseConfig(json)).toThrow(ModelConfigError)
  })

  const badSizes = [0, -1, 1.5, 1e9, '12', true, [12], {}]
  const sizes = ['n_layer', 'n_head', 'n_embd', 'n_positions', 'n_inner', 'vocab_size']
  it.each(sizes.flatMap((field) => badSizes.map((value) => [field, value] as const)))(
    'with %s %j',
    (field, value) => {
      expectRefusal({ [field]: value }, field)
    },
  )

  it.each<[string, unknown]>([
    ['n_layer', undefined],
    ['n_head', undefined],
    ['n_embd', undefined],
    ['n_layer', null],
    ['n_layer', 201],
    ['n_layer', 1_000_000],
    ['n_head', 7],
    ['n_head', 1536],
    ['n_positions', 1],
    ['vocab_size', 50256],
    ['model_type', 'llama'],
    ['model_type', null],
    ['activation_function', 'silu'],
    ['activation_function', 'tanh'],
    ['activation_function', 'constructor'],
    ['activation_function', 7],
    ['layer_norm_epsilon', 0],
    ['layer_norm_epsilon', -1e-5],
    ['layer_norm_epsilon', 1],
    ['layer_norm_epsilon', '1e-5'],
    ['scale_attn_weights', false],
    ['scale_attn_weights', 1],
    ['scale_attn_by_inverse_layer_idx', 'yes'],
    ['tie_word_embeddings', 0],
    ['add_cross_attention', true],
  ])('with %s %j', (field, value) => {
    expectRefusal({ [field]: value }, field)
  })
})

function expectRefusal(fields: object, name: string): void {
  expect(() => parse(fields)).toThrow(ModelConfigError)
  expect(() => parse(fields)).toThrow(name)
}
