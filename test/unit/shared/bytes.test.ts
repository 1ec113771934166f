import { describe, expect, it } from 'vitest'
import { concatBytes } from '../../../src/shared/bytes'

describe('concatBytes', () => {
  it('puts pieces one after the other', () => {
    expect(concatBytes([Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)])).toEqual(
      Uint8Array.of(1, 2, 3),
    )
  })
})
