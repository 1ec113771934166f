import { describe, expect, it } from 'vitest'
import type { TokenizedText } from '../../../src/shared/contracts/tokenizedText'
import { PieceCache } from '../../../src/tokenizer/pieceCache'

describe('PieceCache', () => {
  it('returns the tokens of a piece, and nothing for another one', () => {
    const cache = new PieceCache()
    cache.set('one', tokens(1))
    expect(cache.get('one')).toEqual(tokens(1))
    expect(cache.get('two')).toBeUndefined()
  })

  it('does not confuse a lone surrogate with U+FFFD', () => {
    const cache = new PieceCache()
    cache.set('a\ud800', tokens(1))
    expect(cache.get('a\ud800')).toEqual(tokens(1))
    expect(cache.get('a\ufffd')).toBeUndefined()
  })

  it('removes the least recently used piece if there are too many', () => {
    const cache = new PieceCache(6)
    cache.set('one', tokens(1))
    cache.set('two', tokens(2))
    cache.get('one')
    cache.set('six', tokens(6))
    expect(['one', 'two', 'six'].map((piece) => cache.get(piece) !== undefined)).toEqual([true, false, true])
  })

  it('keeps its pieces when one that is larger than the whole cache is added', () => {
    const cache = new PieceCache(6)
    cache.set('one', tokens(1))

    cache.set('seventy', tokens(70))

    expect(['one', 'seventy'].map((piece) => cache.get(piece) !== undefined)).toEqual([true, false])
  })

  it('counts a piece once, even if it is added several times', () => {
    const cache = new PieceCache(6)
    for (let i = 0; i < 9; i++) cache.set('one', tokens(1))
    cache.set('two', tokens(2))
    expect(['one', 'two'].map((piece) => cache.get(piece) !== undefined)).toEqual([true, true])
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
