import { describe, expect, it } from 'vitest'
import {
  continuedModel,
  describeBackend,
  describeSelfTest,
  isSameModel,
} from '../../../../src/shared/text/modelText'
import { MINI } from '../../../support/texts/samples'

const SELF_TEST = {
  device: 'a GPU',
  maxDelta: 7.2e-6,
  meanDelta: 1.1e-6,
  milliseconds: { wasm: 1203.4, accelerated: 11.6 },
}

describe('describeBackend', () => {
  it.each([
    [MINI, 'WASM, 1 thread'],
    [{ ...MINI, backend: 'native' as const, threads: 2 }, 'native, 2 threads'],
    [{ ...MINI, backend: 'webgpu' as const }, 'WebGPU'],
    [{ ...MINI, backend: 'webgpu' as const, selfTest: SELF_TEST }, 'WebGPU, self-test: max |Δ| 7e-6'],
    [
      { ...MINI, backend: 'webgpu' as const, gpuProcess: 'native' as const, selfTest: SELF_TEST },
      'WebGPU (native), self-test: max |Δ| 7e-6',
    ],
    [
      { ...MINI, backend: 'native' as const, precision: 'int8' as const, selfTest: SELF_TEST },
      'native, self-test: mean |Δ| 1e-6',
    ],
  ])('names the backend and its threads or its self-test: %#', (model, words) => {
    expect(describeBackend(model)).toBe(words)
  })
})

describe('describeSelfTest', () => {
  it('has the adapter, the largest deviation and both times', () => {
    expect(describeSelfTest(SELF_TEST)).toBe(
      'Self-test against WASM on a GPU: log-probabilities differ by 7e-6 at most; 12 ms where WASM takes 1,203',
    )
  })
})

describe('continuedModel', () => {
  it('is the current model with a remark on the first backend', () => {
    const started = { ...MINI, backend: 'webgpu' as const, selfTest: SELF_TEST }

    expect(continuedModel(started, { ...MINI, remarks: ['Linear layout'] })).toEqual({
      ...MINI,
      remarks: ['Linear layout', 'started on WebGPU'],
    })
  })
})

describe('isSameModel', () => {
  it('ignores the backend and the description', () => {
    expect(isSameModel(MINI, { ...MINI, backend: 'webgpu', description: 'Another text.' })).toBe(true)
  })

  it.each([
    ['id', { id: 'gpt2' }],
    ['fingerprint', { fingerprint: 'files 2' }],
    ['precision', { precision: 'int8' }],
  ] as const)('compares the %s', (_, other) => {
    expect(isSameModel(MINI, { ...MINI, ...other })).toBe(false)
  })
})
