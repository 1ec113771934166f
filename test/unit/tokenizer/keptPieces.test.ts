import { describe, expect, it } from 'vitest'
import type { TokenizedText } from '../../../src/shared/contracts/tokenizedText'
import { KeptPieces } from '../../../src/tokenizer/keptPieces'

describe('KeptPieces', () => {
  it('gives back the tokens of a piece, and none of another', () => {
    const kept = new KeptPieces()
    kept.keep('one', tokens(1))
    expect(kept.get('one')).toEqual(tokens(1))
    expect(kept.get('two')).toBeUndefined()
  })

  it('takes a lone surrogate for itself', () => {
    const kept = new KeptPieces()
    kept.keep('a\ud800', tokens(1))
    expect(kept.get('a\ud800')).toEqual(tokens(1))
    expect(kept.get('a\ufffd')).toBeUndefined()
  })

  it('forgets the piece used longest ago where there are too many', () => {
    const kept = new KeptPieces(6)
    kept.keep('one', tokens(1))
    kept.keep('two', tokens(2))
    kept.get('one')
    kept.keep('six', tokens(6))
    expect(['one', 'two', 'six'].map((piece) => kept.get(piece) !== undefined)).toEqual([true, false, true])
  })

  it('counts a piece once, however often it is kept', () => {
    const kept = new KeptPieces(6)
    for (let i = 0; i < 9; i++) kept.keep('one', tokens(1))
    kept.keep('two', tokens(2))
    expect(['one', 'two'].map((piece) => kept.get(piece) !== undefined)).toEqual([true, true])
  })
})

function tokens(tokenId: number): TokenizedText {
  return {
    tokenIds: Int32Array.of(tokenId),
    starts: Uint32Array.of(0),
    ends: Uint32Array.of(3),
    partials: Uint8Array.of(0),
  }
}
