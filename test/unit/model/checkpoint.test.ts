import { describe, expect, it } from 'vitest'
import { bytesInMemory } from '../../../src/model/byteSource'
import { openCheckpoint } from '../../../src/model/checkpoint'
import { parseConfig } from '../../../src/model/config'
import { MissingTensorsError, SafetensorsError, TensorMismatchError } from '../../../src/shared/errors'
import { float16Bytes, float32Bytes, safetensors, type StoredTensor } from '../../support/checkpointBytes'
import { storedAs, TINY_CONFIG, tinyTensors } from '../../support/checkpointTiny'

const CONFIG = { ...TINY_CONFIG, n_layer: 1, n_head: 1, n_embd: 1, n_positions: 2 }
const UNTIED = { ...CONFIG, tie_word_embeddings: false }
/** wte, wpe, two layer norms, attention, MLP, ln_f. */
const PARAMETERS = 50257 + 2 + 2 + 2 + (3 + 3) + (1 + 1) + (4 + 4) + (4 + 1) + 2

const tensors = storedAs('F32', tinyTensors(CONFIG))
const open = (stored: ReadonlyMap<string, StoredTensor>, config: object = CONFIG) =>
  openCheckpoint(bytesInMemory(safetensors(stored)), parseConfig(JSON.stringify(config)))
const changed = (name: string, tensor: StoredTensor) => new Map(tensors).set(name, tensor)
const without = (...names: string[]) => new Map([...tensors].filter(([name]) => !names.includes(name)))

describe('A checkpoint', () => {
  it('gives a tensor’s bytes as they lie in the file', async () => {
    const bias = { dtype: 'F16', shape: [1], bytes: float16Bytes([1.5]) }
    const checkpoint = await open(changed('ln_f.bias', bias))
    expect(checkpoint.weight('ln_f.bias')).toMatchObject({ type: 'float16', shape: [1], byteLength: 2 })
    expect(await checkpoint.read('ln_f.bias')).toEqual(bias.bytes)
  })

  it('may have names that begin with `transformer.`', async () => {
    const prefixed = new Map([...tensors].map(([name, tensor]) => [`transformer.${name}`, tensor]))
    const checkpoint = await open(prefixed)
    expect(await checkpoint.read('wpe.weight')).toEqual(tensors.get('wpe.weight')?.bytes)
  })

  it('may hold tensors that are not needed: mask buffers and a head that is tied', async () => {
    const mask = { dtype: 'U8', shape: [1, 1, 2, 2], bytes: Uint8Array.of(1, 0, 1, 1) }
    const head = { dtype: 'BF16', shape: [1], bytes: new Uint8Array(2) }
    const more = changed('h.0.attn.bias', mask).set('lm_head.weight', head)
    expect((await open(more)).parameters).toBe(PARAMETERS)
  })

  it('counts the parameters of a tied head once, and those of its own', async () => {
    const own = storedAs('F32', tinyTensors(UNTIED))
    expect((await open(tensors)).parameters).toBe(PARAMETERS)
    expect((await open(own, UNTIED)).parameters).toBe(PARAMETERS + 50257)
  })
})

describe('A checkpoint is refused', () => {
  it('that lacks tensors, and they are listed', async () => {
    const opening = open(without('h.0.ln_2.bias', 'ln_f.weight'))
    await expect(opening).rejects.toThrow(MissingTensorsError)
    await expect(opening).rejects.toThrow('lacks h.0.ln_2.bias, ln_f.weight. ')
  })

  it('that lacks many, of which five are listed and the others counted', async () => {
    const opening = open(tensors, { ...CONFIG, n_layer: 3 })
    await expect(opening).rejects.toThrow(MissingTensorsError)
    await expect(opening).rejects.toThrow(
      'lacks h.1.ln_1.weight, h.1.ln_1.bias, h.1.attn.c_attn.weight, h.1.attn.c_attn.bias, h.1.attn.c_proj.weight and 19 more tensors',
    )
  })

  it('that lacks everything', async () => {
    await expect(open(new Map())).rejects.toThrow(MissingTensorsError)
  })

  it('that lacks the head that its configuration says is its own', async () => {
    await expect(open(tensors, UNTIED)).rejects.toThrow('lacks lm_head.weight')
  })

  it.each<[string, StoredTensor, RegExp]>([
    [
      'h.0.mlp.c_fc.weight',
      { dtype: 'F32', shape: [4, 1], bytes: float32Bytes([1, 2, 3, 4]) },
      /\[4, 1\].*\[1, 4\]/,
    ],
    ['ln_f.bias', { dtype: 'F32', shape: [1, 1], bytes: float32Bytes([1]) }, /\[1, 1\].*\[1\]/],
    ['ln_f.bias', { dtype: 'F32', shape: [], bytes: float32Bytes([1]) }, /\[\].*\[1\]/],
    ['wpe.weight', { dtype: 'F32', shape: [3, 1], bytes: float32Bytes([1, 2, 3]) }, /\[3, 1\].*\[2, 1\]/],
    ['ln_f.bias', { dtype: 'BF16', shape: [1], bytes: new Uint8Array(2) }, /stored as BF16/],
    ['ln_f.bias', { dtype: 'F64', shape: [1], bytes: new Uint8Array(8) }, /stored as F64/],
    ['ln_f.bias', { dtype: 'I8', shape: [1], bytes: new Uint8Array(1) }, /stored as I8/],
  ])('whose %s does not fit', async (name, tensor, message) => {
    const opening = open(changed(name, tensor))
    await expect(opening).rejects.toThrow(TensorMismatchError)
    await expect(opening).rejects.toThrow(message)
  })

  it('whose file is malformed', async () => {
    const cut = safetensors(tensors).subarray(0, -1)
    const opening = openCheckpoint(bytesInMemory(cut), parseConfig(JSON.stringify(CONFIG)))
    await expect(opening).rejects.toThrow(SafetensorsError)
  })
})
