import { describe, expect, it } from 'vitest'
import type { TokenizedText } from '../../../src/shared/contracts/engine/tokenizedText'
import { PieceCache } from '../../../src/tokenizer/pieceCache'

/** Bytes that a piece of three units and one token is counted as. */
const PIECE_BYTES = 1024 + 3 * 2 + 13

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
    const cache = new PieceCache(2 * PIECE_BYTES)
    cache.set('one', tokens(1))
    cache.set('two', tokens(2))
    cache.get('one')
    cache.set('six', tokens(6))
    expect(['one', 'two', 'six'].map((piece) => cache.get(piece) !== undefined)).toEqual([true, false, true])
  })

  it('keeps its pieces when one that is larger than the whole cache is added', () => {
    const cache = new PieceCache(2 * PIECE_BYTES)
    cache.set('one', tokens(1))

    const long = 'seventy'.repeat(PIECE_BYTES)
    cache.set(long, tokens(70))

    expect(['one', long].map((piece) => cache.get(piece) !== undefined)).toEqual([true, false])
  })

  it('counts a piece once, even if it is added several times', () => {
    const cache = new PieceCache(2 * PIECE_BYTES)
    for (let i = 0; i < 9; i++) cache.set('one', tokens(1))
    cache.set('two', tokens(2))
    expect(['one', 'two'].map((piece) => cache.get(piece) !== undefined)).toEqual([true, true])
  })

  it('removes short pieces before the memory besides their text exceeds 50 MB', () => {
    const cache = new PieceCache()
    for (let i = 0; i < 60_000; i++) cache.set(`piece ${i}`, tokens(i))
    expect(cache.get('piece 0')).toBeUndefined()
  })

  it('keeps all pieces of a megabyte of text in which each unit is three tokens', () => {
    const cache = new PieceCache()
    const pieces = Array.from({ length: 1000 }, (_, i) => String.fromCharCode(0x4e00 + i).repeat(1000))
    for (const piece of pieces) cache.set(piece, columnsOf(3000))
    expect(pieces.every((piece) => cache.get(piece) !== undefined)).toBe(true)
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

function columnsOf(count: number): TokenizedText {
  return {
    tokenIds: new Int32Array(count),
    starts: new Uint32Array(count),
    ends: new Uint32Array(count),
    partials: new Uint8Array(count),
  }
}
