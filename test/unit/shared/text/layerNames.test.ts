import { expect, it } from 'vitest'
import { afterLayer, describeLayer, layerName } from '../../../../src/shared/text/layerNames'

it('layers have the names of PyTorch’s modules, and the last one is the output', () => {
  expect([0, 1, 2, 3].map((layer) => layerName(layer, 3))).toEqual(['embeddings', 'h.0', 'h.1', 'output'])
})

it('the tool tip has the names of Hugging Face Transformers and TransformerLens', () => {
  expect([0, 2, 3].map((layer) => describeLayer(layer, 3))).toEqual([
    'wte + wpe · hidden_states[0] · blocks.0.hook_resid_pre',
    'output of h.1 · hidden_states[2] · blocks.1.hook_resid_post',
    'output of h.2 · ln_f gives hidden_states[3] · blocks.2.hook_resid_post',
  ])
})

it('a layer comes after the embeddings or a block', () => {
  expect([afterLayer(0), afterLayer(4)]).toEqual(['after the embeddings', 'after block 3'])
})
