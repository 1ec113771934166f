import { describe, expect, it } from 'vitest'
import { type SeededGpt2, writeSeededGpt2 } from '../../../../bench/fullSize/seededGpt2'
import type { Checkpoint } from '../../../../src/model/gpt2/checkpoint'
import { checkInt8Tensors, type DerivedTensor, int8Tensors } from '../../../../src/model/int8/int8Form'
import { withModelFolder } from '../../../../src/model/folder/modelFolder'
import { elementAt } from '../../../../src/shared/elementAt'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'

const C = 64
const CONFIG = { model_type: 'gpt2', n_layer: 3, n_head: 4, n_embd: C, n_positions: 32, vocab_size: 50257 }

describe('The int8 form', () => {
  it('differs from the weights by at most half a step of the column', async () => {
    await withSeeded({ config: CONFIG, type: 'F32' }, (checkpoint) => {
      const tensors = int8Tensors(checkpoint)
      const weight = new Int8Array(compute(tensors, 'h.2.attn.c_attn.weight').buffer)
      const scale = new Float32Array(compute(tensors, 'h.2.attn.c_attn.scale').buffer)
      const exact = floatsOf(checkpoint, 'h.2.attn.c_attn.weight')
      const inSteps = Array.from(weight, (value, i) =>
        Math.abs(value - elementAt(exact, i) / elementAt(scale, i % (3 * C))),
      )
      expect(Math.max(...inSteps)).toBeLessThanOrEqual(0.5 + 1e-5)
      expect(Math.max(...weight)).toBe(127)
    })
  })

  it('keeps the attention of the first two blocks in float32', async () => {
    await withSeeded({ config: CONFIG, type: 'F32' }, (checkpoint) => {
      const layers = [...int8Tensors(checkpoint).keys()].filter((name) => name.endsWith('.scale'))
      expect(layers).toEqual([
        'h.0.mlp.c_fc.scale',
        'h.0.mlp.c_proj.scale',
        'h.1.mlp.c_fc.scale',
        'h.1.mlp.c_proj.scale',
        'h.2.attn.c_attn.scale',
        'h.2.attn.c_proj.scale',
        'h.2.mlp.c_fc.scale',
        'h.2.mlp.c_proj.scale',
        'lm_head.scale',
      ])
    })
  })

  it('keeps channels in float32 that are 20 times as large as the rest, and no others', async () => {
    const channelsOf = (checkpoint: Checkpoint) =>
      [...int8Tensors(checkpoint)]
        .filter(([name]) => name.endsWith('.channels'))
        .map(([, tensor]) => [...new Int32Array(tensor.compute().buffer)].join())
    await withSeeded({ config: CONFIG, type: 'F32', outliers: true }, (checkpoint) => {
      expect([...new Set(channelsOf(checkpoint))]).toEqual([[8, 24, 40, 56].join()])
    })
    await withSeeded({ config: CONFIG, type: 'F32' }, (checkpoint) => {
      expect(channelsOf(checkpoint)).toEqual([])
    })
  })

  it('is the same for weights in Linear layout', async () => {
    const forms: Uint8Array[] = []
    for (const layout of [{}, { layout: 'Linear' as const }]) {
      await withSeeded({ config: CONFIG, type: 'F32', ...layout }, (checkpoint) => {
        forms.push(compute(int8Tensors(checkpoint), 'h.1.mlp.c_fc.weight'))
      })
    }
    const [conv1D, linear] = forms.map((form) => Buffer.from(form))
    expect(conv1D?.length).toBeGreaterThan(0)
    expect(linear?.equals(conv1D ?? Buffer.alloc(0))).toBe(true)
  })

  it('is rejected if a cached tensor is missing', async () => {
    await withSeeded({ config: CONFIG, type: 'F32' }, (checkpoint) => {
      const tensors = new Map(int8Tensors(checkpoint))
      expect(() => {
        checkInt8Tensors(checkpoint, tensors)
      }).not.toThrow()
      tensors.delete('lm_head.scale')
      expect(() => {
        checkInt8Tensors(checkpoint, tensors)
      }).toThrow('lm_head.scale')
    })
  })
})

async function withSeeded(model: SeededGpt2, use: (checkpoint: Checkpoint) => void): Promise<void> {
  const folder = await temporaryFolder({})
  await writeSeededGpt2(folder, model)
  await withModelFolder(folder, (checkpoint) => {
    use(checkpoint)
    return Promise.resolve()
  })
}

function compute(tensors: ReadonlyMap<string, DerivedTensor>, name: string): Uint8Array {
  const tensor = tensors.get(name)
  if (tensor === undefined) throw new Error(`there is no ${name}`)
  return tensor.compute()
}

function floatsOf(checkpoint: Checkpoint, name: string): Float32Array {
  const bytes = new Uint8Array(checkpoint.weight(name).byteLength)
  checkpoint.readNow(name, bytes)
  return new Float32Array(bytes.buffer)
}
