import { describe, expect, it } from 'vitest'
import { plainTensorName } from '../../../../src/model/gpt2/tensorNames'

describe('plainTensorName', () => {
  it.each([
    ['h.0.ln_1.bias', 'h.0.ln_1.bias'],
    ['transformer.h.0.ln_1.bias', 'h.0.ln_1.bias'],
    ['_orig_mod.h.0.ln_1.bias', 'h.0.ln_1.bias'],
    ['_orig_mod.transformer.h.0.ln_1.bias', 'h.0.ln_1.bias'],
    ['transformer._orig_mod.h.0.ln_1.bias', 'h.0.ln_1.bias'],
    ['transformer.h.0._orig_mod.ln_1.bias', 'h.0.ln_1.bias'],
    ['module._orig_mod.transformer.wte.weight', 'wte.weight'],
    ['_orig_mod.lm_head.weight', 'lm_head.weight'],
    ['other.transformer.wte.weight', 'other.transformer.wte.weight'],
  ])('of %s is %s', (stored, plain) => {
    expect(plainTensorName(stored)).toBe(plain)
  })
})
