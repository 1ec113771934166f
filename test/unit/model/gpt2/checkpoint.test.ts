import { describe, expect, it } from 'vitest'
import { bytesInMemory } from '../../../../src/model/formats/byteSource'
import { type Checkpoint, hasOwnHead, openCheckpoint } from '../../../../src/model/gpt2/checkpoint'
import { parseConfig } from '../../../../src/model/gpt2/config'
import { tensorsOf } from '../../../../src/model/formats/storedTensors'
import { MissingTensorsError, TensorMismatchError } from '../../../../src/shared/errors'
import {
  float16Bytes,
  float32Bytes,
  safetensors,
  type StoredTensor,
} from '../../../support/checkpoints/checkpointBytes'
import {
  inLinearLayout,
  storedAs,
  TINY_CONFIG,
  tinyTensors,
} from '../../../support/checkpoints/checkpointTiny'

const CONFIG = { ...TINY_CONFIG, n_layer: 1, n_head: 1, n_embd: 1, n_positions: 2 }
const UNTIED = { ...CONFIG, tie_word_embeddings: false }
/** wte, wpe, two layer norms, attention, MLP, ln_f. */
const PARAMETERS = 50257 + 2 + 2 + 2 + (3 + 3) + (1 + 1) + (4 + 4) + (4 + 1) + 2

/** Two dimensions, so that only the square attn.c_proj has the same shape in both layouts. */
const SQUARE = { ...TINY_CONFIG, n_layer: 2, n_head: 1, n_embd: 2, n_positions: 2 }
const SQUARE_TENSORS = storedAs('F32', tinyTensors(SQUARE))

const tensors = storedAs('F32', tinyTensors(CONFIG))
const open = async (
  stored: ReadonlyMap<string, StoredTensor>,
  config: object = CONFIG,
): Promise<Checkpoint> =>
  openCheckpoint(await tensorsOf(bytesInMemory(safetensors(stored))), parseConfig(JSON.stringify(config)))
const changed = (name: string, tensor: StoredTensor) => new Map(tensors).set(name, tensor)
const without = (...names: string[]) => new Map([...tensors].filter(([name]) => !names.includes(name)))

describe('A checkpoint', () => {
  it('reads a tensor’s bytes as they are in the file', async () => {
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

  it.each([
    '_orig_mod.',
    '_orig_mod.transformer.',
    'transformer._orig_mod.',
    'module._orig_mod.transformer.',
  ])('may have names that begin with `%s`', async (prefix) => {
    const own = storedAs('F32', tinyTensors(UNTIED))
    const prefixed = new Map([...own].map(([name, tensor]) => [`${prefix}${name}`, tensor]))
    const checkpoint = await open(prefixed, UNTIED)
    expect(await checkpoint.read('lm_head.weight')).toEqual(own.get('lm_head.weight')?.bytes)
  })

  it('may be stored as BF16', async () => {
    const bias = { dtype: 'BF16', shape: [1], bytes: Uint8Array.of(0xc0, 0x3f) }
    const checkpoint = await open(changed('ln_f.bias', bias))
    expect(checkpoint.weight('ln_f.bias')).toMatchObject({ type: 'bfloat16', byteLength: 2 })
    expect(await checkpoint.read('ln_f.bias')).toEqual(bias.bytes)
  })

  it('may contain tensors that are not needed: mask buffers and a tied head', async () => {
    const mask = { dtype: 'U8', shape: [1, 1, 2, 2], bytes: Uint8Array.of(1, 0, 1, 1) }
    const head = { dtype: 'BF16', shape: [1], bytes: new Uint8Array(2) }
    const more = changed('h.0.attn.bias', mask).set('lm_head.weight', head)
    expect((await open(more)).parameters).toBe(PARAMETERS)
  })

  it('counts the parameters of a tied head once, and those of its own head too', async () => {
    const own = storedAs('F32', tinyTensors(UNTIED))
    expect((await open(tensors)).parameters).toBe(PARAMETERS)
    expect((await open(own, UNTIED)).parameters).toBe(PARAMETERS + 50257)
  })
})

describe('A checkpoint that differs from OpenAI’s', () => {
  it('only in its size has no remarks', async () => {
    const { layout, hasBiases, remarks } = await open(tensors)
    expect({ layout, hasBiases, remarks }).toEqual({ layout: 'Conv1D', hasBiases: true, remarks: [] })
  })

  it('by its Linear layout is recognized by its shapes, with a remark', async () => {
    const checkpoint = await open(inLinearLayout(SQUARE_TENSORS), SQUARE)
    expect(checkpoint.layout).toBe('Linear')
    expect(checkpoint.weight('h.1.attn.c_attn.weight').shape).toEqual([6, 2])
    expect(checkpoint.remarks).toEqual(['Linear layout, transposed on load'])
  })

  it('by an MLP as wide as the stream is recognized by the shape of c_attn', async () => {
    const config = { ...SQUARE, n_inner: 2 }
    const stored = storedAs('F32', tinyTensors(config))
    expect((await open(stored, config)).layout).toBe('Conv1D')
    expect((await open(inLinearLayout(stored), config)).layout).toBe('Linear')
  })

  it('by its missing biases has none in any layer', async () => {
    const { hasBiases, parameters } = await open(
      new Map([...tensors].filter(([name]) => !name.endsWith('.bias'))),
    )
    expect(hasBiases).toBe(false)
    expect(parameters).toBe(PARAMETERS - (1 + 3 + 1 + 1 + 4 + 1 + 1))
  })

  it('by its missing biases may have mask buffers named attn.bias', async () => {
    const mask = { dtype: 'F32', shape: [1, 1, 2, 2], bytes: new Uint8Array(16) }
    const stored = new Map([...tensors].filter(([name]) => !name.endsWith('.bias'))).set(
      'h.0.attn.bias',
      mask,
    )
    expect((await open(stored)).hasBiases).toBe(false)
  })

  it('by a padded vocabulary has only the tokenizer’s rows, with a remark', async () => {
    const config = { ...CONFIG, vocab_size: 50304 }
    const stored = storedAs('F32', tinyTensors(config))
    const checkpoint = await open(stored, config)
    expect(checkpoint.weight('wte.weight').shape).toEqual([50257, 1])
    expect(await checkpoint.read('wte.weight')).toEqual(stored.get('wte.weight')?.bytes.slice(0, 4 * 50257))
    expect(checkpoint.parameters).toBe(PARAMETERS)
    expect(checkpoint.remarks).toEqual(['vocabulary padded to 50,304, 47 extra rows ignored'])
  })

  it('by storing a tied matrix only as the head is read', async () => {
    const own = storedAs('F32', tinyTensors(UNTIED))
    const headOnly = new Map([...own].filter(([name]) => name !== 'wte.weight'))
    const checkpoint = await open(headOnly)
    expect(await checkpoint.read('wte.weight')).toEqual(own.get('lm_head.weight')?.bytes)
    expect(checkpoint.remarks).toEqual([])
    await expect(open(headOnly, UNTIED)).rejects.toThrow('lacks wte.weight')
  })

  it('by a head that its configuration ignores has a remark', async () => {
    const own = tinyTensors(UNTIED)
    expect((await open(storedAs('F32', own))).remarks).toEqual([
      'lm_head.weight is not used: config.json ties the head to wte',
    ])
    const wte = storedAs('F32', own).get('wte.weight')
    if (wte === undefined) throw new Error('there is a wte')
    expect((await open(changed('lm_head.weight', wte))).remarks).toEqual([])
  })

  it('by a head that differs from wte only in its last byte, after megabytes, has a remark', async () => {
    const config = { ...CONFIG, n_embd: 32 }
    const wide = storedAs('F32', tinyTensors(config))
    const wte = wide.get('wte.weight')
    if (wte === undefined) throw new Error('there is a wte')
    const bytes = wte.bytes.slice()
    bytes[bytes.length - 1] = 1
    const checkpoint = await open(wide.set('lm_head.weight', { ...wte, bytes }), config)
    expect(checkpoint.remarks).toEqual(['lm_head.weight is not used: config.json ties the head to wte'])
  })
})

describe('A head', () => {
  it('of more than 4 GiB is not compared with wte, which would take minutes', async () => {
    const matrix = {
      dtype: 'F32',
      shape: [1_000_000, 85_000],
      byteLength: 340e9,
      place: { file: 'model.safetensors', offset: 0 },
      read: () => Promise.reject(new Error('nothing is read')),
      readNow: () => undefined,
    }
    const found = new Map([
      ['lm_head.weight', matrix],
      ['wte.weight', { ...matrix }],
    ])
    expect(await hasOwnHead(found)).toBe(true)
  })
})

describe('A checkpoint is refused', () => {
  it('if it lacks tensors, which are listed', async () => {
    const opening = open(without('h.0.ln_2.bias', 'ln_f.weight'))
    await expect(opening).rejects.toThrow(MissingTensorsError)
    await expect(opening).rejects.toThrow('lacks h.0.ln_2.bias, ln_f.weight. ')
  })

  it('if it lacks some of its biases, which are listed', async () => {
    const opening = open(without('h.0.attn.c_attn.bias', 'h.0.mlp.c_fc.bias'))
    await expect(opening).rejects.toThrow(MissingTensorsError)
    await expect(opening).rejects.toThrow(
      'lacks h.0.attn.c_attn.bias, h.0.mlp.c_fc.bias. A model has all of its biases, or none.',
    )
  })

  it.each(['h.1.attn.c_attn.weight', 'h.1.mlp.c_fc.weight', 'h.1.mlp.c_proj.weight'])(
    'if the layout of %s differs from the others, and both are named',
    async (name) => {
      const linear = inLinearLayout(SQUARE_TENSORS).get(name)
      if (linear === undefined) throw new Error(`there is a ${name}`)
      const opening = open(new Map(SQUARE_TENSORS).set(name, linear), SQUARE)
      await expect(opening).rejects.toThrow(TensorMismatchError)
      await expect(opening).rejects.toThrow(
        `h.0.attn.c_attn.weight is stored as [in, out] (GPT-2’s own layout) and ${name} as [out, in] (Linear layout)`,
      )
    },
  )

  it('if it has a tensor twice', async () => {
    const bias = tensors.get('ln_f.bias')
    if (bias === undefined) throw new Error('there is a bias')
    const opening = open(changed('_orig_mod.transformer.ln_f.bias', bias))
    await expect(opening).rejects.toThrow(TensorMismatchError)
    await expect(opening).rejects.toThrow('both ln_f.bias and _orig_mod.transformer.ln_f.bias')
  })

  it('if its vocabulary is smaller than its configuration says', async () => {
    await expect(open(tensors, { ...CONFIG, vocab_size: 50304 })).rejects.toThrow(
      'wte.weight has the shape [50257, 1], but config.json requires [50304, 1]',
    )
  })

  it('if it lacks many tensors, of which five are listed and the others counted', async () => {
    const opening = open(tensors, { ...CONFIG, n_layer: 3 })
    await expect(opening).rejects.toThrow(MissingTensorsError)
    await expect(opening).rejects.toThrow(
      'lacks h.1.ln_1.weight, h.1.ln_1.bias, h.1.attn.c_attn.weight, h.1.attn.c_attn.bias, h.1.attn.c_proj.weight and 19 more tensors',
    )
  })

  it('if it has no tensors', async () => {
    await expect(open(new Map())).rejects.toThrow(MissingTensorsError)
  })

  it('if it lacks its own head', async () => {
    await expect(open(tensors, UNTIED)).rejects.toThrow('lacks lm_head.weight')
  })

  it.each<[string, StoredTensor, RegExp]>([
    [
      'h.0.mlp.c_fc.weight',
      { dtype: 'F32', shape: [5, 1], bytes: float32Bytes([1, 2, 3, 4, 5]) },
      /\[5, 1\].*\[1, 4\]/,
    ],
    ['ln_f.bias', { dtype: 'F32', shape: [1, 1], bytes: float32Bytes([1]) }, /\[1, 1\].*\[1\]/],
    ['ln_f.bias', { dtype: 'F32', shape: [], bytes: float32Bytes([1]) }, /\[\].*\[1\]/],
    ['wpe.weight', { dtype: 'F32', shape: [3, 1], bytes: float32Bytes([1, 2, 3]) }, /\[3, 1\].*\[2, 1\]/],
    ['ln_f.bias', { dtype: 'F64', shape: [1], bytes: new Uint8Array(8) }, /stored as F64/],
    ['ln_f.bias', { dtype: 'I8', shape: [1], bytes: new Uint8Array(1) }, /stored as I8/],
  ])('if its %s does not fit', async (name, tensor, message) => {
    const opening = open(changed(name, tensor))
    await expect(opening).rejects.toThrow(TensorMismatchError)
    await expect(opening).rejects.toThrow(message)
  })
})
