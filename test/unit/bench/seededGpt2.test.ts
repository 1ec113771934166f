import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cachedSeededGpt2, type SeededGpt2, writeSeededGpt2 } from '../../../bench/fullSize/seededGpt2'
import { seededValues } from '../../../bench/fullSize/seededValues'
import { storedFloats } from '../../../bench/fullSize/storedFloats'
import { withModelFolder } from '../../../src/model/folder/modelFolder'
import { temporaryFolder, TINY_CONFIG } from '../../support/checkpoints/checkpointTiny'

const TINY: SeededGpt2 = { config: TINY_CONFIG, type: 'F32' }

describe('Seeded values', () => {
  it('are those that NumPy computes', () => {
    const first = (name: string, count: number) =>
      Array.from({ length: count }, (_, i) => seededValues(name)(i))
    expect(first('wte.weight', 4)).toEqual([-1.0712890625, -0.1787109375, 0.3330078125, -1.5615234375])
    expect(first('h.0.ln_1.bias', 2)).toEqual([0.5537109375, -1.8232421875])
  })

  it('look normally distributed', () => {
    const value = seededValues('wte.weight')
    const values = Array.from({ length: 100_000 }, (_, i) => value(i))
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length
    const variance = values.reduce((sum, x) => sum + x ** 2, 0) / values.length
    expect(Math.abs(mean)).toBeLessThan(0.02)
    expect(Math.abs(variance - 1)).toBeLessThan(0.02)
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(3)
  })
})

describe('Floats are stored', () => {
  // The expected results are what NumPy and PyTorch convert these values to.
  const VALUES = [
    1,
    -1.5,
    1 / 3,
    65504,
    65519.9,
    65520,
    6.1e-5,
    2 ** -24,
    1.5 * 2 ** -24,
    2 ** -25,
    3 * 2 ** -26,
    0.999999,
    -0,
    1e-9,
    Infinity,
    2049,
    2051,
    1.00390625,
    1.01171875,
  ]
  it('as F16', () => {
    expect(halves('F16', VALUES)).toEqual([
      15360, 48640, 13653, 31743, 31743, 31744, 1023, 1, 2, 0, 1, 15360, 32768, 0, 31744, 26624, 26626, 15364,
      15372,
    ])
  })

  it('as BF16', () => {
    expect(halves('BF16', VALUES)).toEqual([
      16256, 49088, 16043, 18304, 18304, 18304, 14464, 13184, 13248, 13056, 13120, 16256, 32768, 12425, 32640,
      17664, 17664, 16256, 16258,
    ])
  })

  it('as NaN if they are NaN', () => {
    expect(halves('F16', [NaN])).toEqual([0x7e00])
    expect(halves('BF16', [NaN])).toEqual([0x7fc0])
  })

  function halves(type: 'F16' | 'BF16', values: readonly number[]): number[] {
    return [...new Uint16Array(storedFloats(type, Float64Array.from(values)).buffer)]
  }
})

describe('A seeded GPT-2', () => {
  it('has weights as large as those of a trained model', async () => {
    const weights = async (name: string) => deviation(await floatsOf({ ...TINY }, name))
    expect(await weights('wte.weight')).toBeCloseTo(0.02, 2)
    expect(await weights('h.0.mlp.c_proj.weight')).toBeCloseTo(0.01, 2)
  })

  it('can have a few dimensions of the residual stream that are 20 times as large', async () => {
    const [plain, outlying] = await Promise.all([
      floatsOf(TINY, 'h.1.attn.c_proj.weight'),
      floatsOf({ ...TINY, outliers: true }, 'h.1.attn.c_proj.weight'),
    ])
    const ratios = [...outlying.subarray(0, TINY_CONFIG.n_embd)].map((value, i) =>
      Math.round(value / (plain[i] ?? NaN)),
    )
    expect(ratios).toEqual([1, 20, 1, 20, 1, 20, 1, 20])
  })

  it('has the same weights in shards, and transposed ones in Linear layout', async () => {
    const name = 'h.0.attn.c_attn.weight'
    const plain = await floatsOf(TINY, name)
    expect(await floatsOf({ ...TINY, shardBytes: 4000 }, name)).toEqual(plain)
    const linear = await floatsOf({ ...TINY, layout: 'Linear' }, name)
    expect([linear[1], linear[8]]).toEqual([plain[24], plain[1]])
  })

  it('is written to a cache only once', async () => {
    const cache = await temporaryFolder({})
    const folder = await cachedSeededGpt2(cache, 'tiny', TINY)
    await writeFile(join(folder, 'config.json'), 'kept')
    expect(await cachedSeededGpt2(cache, 'tiny', TINY)).toBe(folder)
    expect(await readFile(join(folder, 'config.json'), 'utf8')).toBe('kept')
  })

  it('leaves no incomplete files in a cache', async () => {
    const cache = await temporaryFolder({})
    await expect(cachedSeededGpt2(cache, 'no', { ...TINY, config: {} })).rejects.toThrow('n_layer')
    expect(await readdir(cache)).toEqual([])
  })
})

async function floatsOf(model: SeededGpt2, name: string): Promise<Float32Array> {
  const folder = join(await temporaryFolder({}), 'seeded')
  await mkdir(folder)
  await writeSeededGpt2(folder, model)
  return withModelFolder(folder, async (checkpoint) => new Float32Array((await checkpoint.read(name)).buffer))
}

function deviation(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length)
}
