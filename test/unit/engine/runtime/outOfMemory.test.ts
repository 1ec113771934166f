import { describe, expect, it } from 'vitest'
import { isOutOfMemory } from '../../../../src/engine/runtime/outOfMemory'

describe('A lack of memory', () => {
  it.each([
    'std::bad_alloc',
    'failed to allocate a buffer: out of memory',
    'Failed to allocate memory for requested buffer of size 617558016',
    'RangeError: Array buffer allocation failed',
  ])('is recognized by the runtime’s message: %s', (message) => {
    expect(isOutOfMemory(new Error(message))).toBe(true)
  })

  it('is not every failure of the runtime', () => {
    expect(isOutOfMemory(new Error('Non-zero status code returned while running Gemm node.'))).toBe(false)
  })
})
