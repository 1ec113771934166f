import { describe, expect, it } from 'vitest'
import { transformerLensSnippet } from '../../../../../src/prediction/report/text/transformerLens'
import { MINI } from '../../../../support/texts/samples'

const INPUT = Int32Array.of(50256, 464, 3797)
const LENS = { kind: 'lens', inputIds: INPUT, tokenId: 3332, topK: 10 } as const
const ATTRIBUTION = { kind: 'attribution', inputIds: INPUT, tokenId: 3332 } as const

describe('The Python lines for TransformerLens', () => {
  it('load a model of the hub by its name, without processing its weights', () => {
    expect(transformerLensSnippet({ ...MINI, id: 'gpt2' }, LENS)).toContain(
      'model = HookedTransformer.from_pretrained_no_processing("gpt2", dtype=torch.float32, device="cpu")',
    )
  })

  it('load any other model from its folder, without processing its weights', () => {
    const lines = transformerLensSnippet({ ...MINI, id: 'my "model"', nEmbd: 192, nHead: 3 }, LENS)
    expect(lines).toContain('GPT2LMHeadModel.from_pretrained("my \\"model\\"").float()')
    expect(lines).toContain('d_model=192, n_heads=3, d_head=64')
    expect(lines).toContain('fold_ln=False, center_writing_weights=False, center_unembed=False')
  })

  it('give the input by its ids, start token included', () => {
    expect(transformerLensSnippet(MINI, LENS)).toContain('torch.tensor([[\n    50256, 464, 3797\n]])')
  })

  it('have lines of a bounded length for any input', () => {
    const lines = transformerLensSnippet(MINI, { ...LENS, inputIds: new Int32Array(1024).fill(50256) }).split(
      '\n',
    )
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(130)
  })

  it('have the log-probability of the token only if the row has one', () => {
    expect(transformerLensSnippet(MINI, LENS)).toContain('log_probs[3332]')
    expect(transformerLensSnippet(MINI, { ...LENS, tokenId: null })).not.toContain('log-prob')
  })

  it.each([
    [{ kind: 'token', tokenId: 262 } as const, 'direction = model.W_U[:, 3332] - model.W_U[:, 262]\n'],
    [{ kind: 'mean' } as const, 'direction = model.W_U[:, 3332] - model.W_U.mean(1)  # as center_unembed\n'],
    [{ kind: 'nothing' } as const, 'direction = model.W_U[:, 3332]\n'],
  ])('contrast the token with %j', (contrast, line) => {
    expect(transformerLensSnippet(MINI, { ...ATTRIBUTION, contrast })).toContain(line)
  })

  it('say that they do not compute int8, and how the files were read', () => {
    const model = { ...MINI, precision: 'int8', remarks: ['Linear layout,\ntransposed on load'] } as const
    const [first, second, third] = transformerLensSnippet(model, LENS).split('\n')
    expect(first).toContain('in fp32 instead of int8')
    expect(second).toBe('# Logitscope read the files with a remark: Linear layout, transposed on load')
    expect(third).toBe('import torch')
  })
})
