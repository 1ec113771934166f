import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { expectedParameters } from '../../../src/model/registry'

interface Config {
  readonly n_layer: number
  readonly n_embd: number
  readonly n_positions: number
  readonly vocab_size: number
}

describe('The expected number of parameters', () => {
  it('is that of the embedded model’s configuration', () => {
    const url = new URL('../../../media/models/mini/config.json', import.meta.url)
    const {
      n_layer: layers,
      n_embd: width,
      n_positions,
      vocab_size,
    } = JSON.parse(readFileSync(url, 'utf8')) as Config
    const perLayer = 12 * width ** 2 + 13 * width
    const expected = (vocab_size + n_positions) * width + layers * perLayer + 2 * width

    expect(expectedParameters('mini')).toBe(expected)
  })

  it('is that of the registry for a model of the hub', () => {
    expect(expectedParameters('gpt2-medium')).toBe(354_823_168)
  })

  it('is that of the smallest GPT-2 for a folder', () => {
    expect(expectedParameters('/models/my own')).toBe(expectedParameters('gpt2'))
  })
})
