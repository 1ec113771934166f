import { describe, expect, it } from 'vitest'
import { continuing, describeBackend, describeCheck } from '../../../../src/shared/text/modelText'
import { MINI } from '../../../support/texts/samples'

const CHECK = { adapter: 'a GPU', maxDelta: 7.2e-6, milliseconds: { wasm: 1203.4, webgpu: 11.6 } }

describe('a backend in words', () => {
  it.each([
    [MINI, 'WASM, 1 thread'],
    [{ ...MINI, backend: 'webgpu' as const }, 'WebGPU'],
    [{ ...MINI, backend: 'webgpu' as const, check: CHECK }, 'WebGPU, checked: max |Δ| 7e-6'],
  ])('is short: %#', (model, words) => {
    expect(describeBackend(model)).toBe(words)
  })

  it('says how it was checked', () => {
    expect(describeCheck(CHECK)).toBe(
      'Checked against WASM on a GPU: log-probabilities differ by 7e-6 at most; 12 ms where WASM takes 1,203',
    )
  })

  it('is the one that went on, and remembers which one began', () => {
    const begun = { ...MINI, backend: 'webgpu' as const, check: CHECK }

    expect(continuing(begun, { ...MINI, remarks: ['Linear layout'] })).toEqual({
      ...MINI,
      remarks: ['Linear layout', 'begun on WebGPU'],
    })
  })
})
