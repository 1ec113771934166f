import { describe, expect, it } from 'vitest'
import { expectedShapes, isLayerWeight } from '../../../../src/model/gpt2/checkpoint'
import { parseConfig } from '../../../../src/model/gpt2/config'
import { proposeConfig, writeConfig } from '../../../../src/model/gpt2/proposedConfig'
import { MissingTensorsError, ModelConfigError } from '../../../../src/shared/errors'

const GPT2 = { n_layer: 12, n_head: 12, n_embd: 768, n_positions: 1024 }
const shapesOf = (config: object) => new Map(expectedShapes(parseConfig(JSON.stringify(config))))
const TIED = { tied: true }

describe('proposeConfig', () => {
  it('derives gpt2’s sizes from its shapes, and proposes the number of heads', () => {
    expect(proposeConfig(shapesOf(GPT2), TIED)).toEqual({
      nLayer: 12,
      nEmbd: 768,
      nPositions: 1024,
      nInner: 3072,
      vocabSize: 50257,
      tied: true,
      nHead: 12,
    })
  })

  it('derives them from a Linear layout too', () => {
    const shapes = [...shapesOf({ ...GPT2, n_inner: 100 })].map(
      ([name, shape]) => [name, isLayerWeight(name) ? shape.toReversed() : shape] as const,
    )
    expect(proposeConfig(new Map(shapes), TIED)).toMatchObject({ nLayer: 12, nInner: 100, nHead: 12 })
  })

  it('recognizes an MLP that is as wide as the stream', () => {
    expect(proposeConfig(shapesOf({ ...GPT2, n_inner: 768 }), TIED)).toMatchObject({ nInner: 768 })
  })

  it.each([
    [64, 1],
    [100, 2],
    [192, 3],
    [320, 5],
    [1600, 25],
  ])('proposes for %d dimensions %d heads', (nEmbd, nHead) => {
    const shapes = shapesOf({ ...GPT2, n_embd: nEmbd, n_head: 1, n_layer: 1 })
    expect(proposeConfig(shapes, TIED).nHead).toBe(nHead)
  })

  it.each(['wte.weight', 'wpe.weight', 'h.0.mlp.c_fc.weight'])('refuses shapes without %s', (name) => {
    const shapes = shapesOf(GPT2)
    shapes.delete(name)
    expect(() => proposeConfig(shapes, TIED)).toThrow(MissingTensorsError)
    expect(() => proposeConfig(shapes, TIED)).toThrow(name)
  })

  it.each([[[768]], [[0, 768]], [[768, 0]], [[]]])('refuses a wte of the shape %j', (shape) => {
    expect(() => proposeConfig(shapesOf(GPT2).set('wte.weight', shape), TIED)).toThrow(ModelConfigError)
  })
})

describe('writeConfig', () => {
  it.each<object>([{}, { n_inner: 100, tie_word_embeddings: false, vocab_size: 50304 }])(
    'writes a file that is read back as the model’s configuration (%j)',
    (fields) => {
      const config = { ...GPT2, activation_function: 'relu', ...fields }
      const tied = parseConfig(JSON.stringify(config)).tied
      const written = writeConfig(proposeConfig(shapesOf(config), { tied }), {
        nHead: 12,
        activation: 'relu',
      })
      expect(parseConfig(written)).toEqual(parseConfig(JSON.stringify(config)))
    },
  )

  it('refuses a vocabulary that is smaller than the tokenizer’s', () => {
    const shapes = shapesOf(GPT2).set('wte.weight', [50256, 768])
    const write = () => writeConfig(proposeConfig(shapes, TIED), { nHead: 12, activation: 'gelu_new' })
    expect(write).toThrow(ModelConfigError)
    expect(write).toThrow('vocab_size is 50256')
  })
})
