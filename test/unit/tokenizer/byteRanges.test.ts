import { describe, expect, it } from 'vitest'
import { rangesOfTokens } from '../../../src/tokenizer/byteRanges'

/** [start, end, partial] of each token. */
function ranges(text: string, byteLengths: number[]) {
  const { starts, ends, partials } = rangesOfTokens(text, byteLengths)
  return byteLengths.map((_, i) => [starts[i], ends[i], partials[i]])
}

describe('rangesOfTokens', () => {
  it('maps characters of one, two, three and four bytes to one, one, one and two units', () => {
    const text = 'aé日👋'
    expect(ranges(text, [1, 2, 3, 4])).toEqual([
      [0, 1, 0],
      [1, 2, 0],
      [2, 3, 0],
      [3, 5, 0],
    ])
  })

  it('gives tokens that share a character the same range and marks them as partial', () => {
    expect(ranges('👋', [3, 1])).toEqual([
      [0, 2, 1],
      [0, 2, 1],
    ])
  })

  it('gives a token inside a character the range of the whole character', () => {
    expect(ranges('👋', [1, 2, 1])).toEqual([
      [0, 2, 1],
      [0, 2, 1],
      [0, 2, 1],
    ])
  })

  it('covers all characters that a token touches', () => {
    expect(ranges(' 👋!', [3, 3])).toEqual([
      [0, 3, 1],
      [1, 4, 1],
    ])
  })

  it('covers both units of a CRLF with one byte', () => {
    expect(ranges('a\r\nb', [1, 1, 1])).toEqual([
      [0, 1, 0],
      [1, 3, 0],
      [3, 4, 0],
    ])
  })

  it('treats a CR without LF as a character of its own', () => {
    expect(ranges('\r\r\n', [1, 1])).toEqual([
      [0, 1, 0],
      [1, 3, 0],
    ])
  })

  it('counts three bytes for a lone surrogate', () => {
    expect(ranges('a\ud800b', [1, 3, 1])).toEqual([
      [0, 1, 0],
      [1, 2, 0],
      [2, 3, 0],
    ])
  })

  it('refuses tokens that are longer than the text', () => {
    expect(() => ranges('ab', [3])).toThrow(RangeError)
  })
})
