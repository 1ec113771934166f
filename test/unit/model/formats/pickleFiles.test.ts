import { describe, expect, it } from 'vitest'
import { pickledWeights } from '../../../../src/model/formats/pickleFiles'

describe('pickledWeights', () => {
  it.each<[string, string[], string[]]>([
    ['nothing in an empty folder', [], []],
    ['nothing next to text files', ['README.md', 'vocab.json', 'model.safetensors'], []],
    ['a single file', ['ckpt.pt'], ['ckpt.pt']],
    ['Hugging Face’s file among others', ['a.pt', 'pytorch_model.bin'], ['pytorch_model.bin']],
    [
      'all shards in order',
      ['pytorch_model-00002-of-00002.bin', 'pytorch_model-00001-of-00002.bin', 'training_args.bin'],
      ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'],
    ],
    ['no trainer state', ['optimizer.pt', 'rng_state.pth', 'scheduler.pt', 'x.pt'], ['x.pt']],
  ])('finds %s', (_, files, found) => {
    expect(pickledWeights(files)).toEqual(found)
  })
})
