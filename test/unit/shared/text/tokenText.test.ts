import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  hexBytes,
  showToken,
  speakToken,
  textPieces,
  tokenPieces,
} from '../../../../src/shared/text/tokenText'
import { readGpt2Vocabulary } from '../../../support/texts/gpt2Vocabulary'

const utf8 = (text: string) => new TextEncoder().encode(text)
const show = (text: string) => showToken(utf8(text))
const speak = (text: string) => speakToken(utf8(text))

describe('showToken', () => {
  it('shows no token of GPT-2 as an icon of a list', () => {
    const vocabulary = readGpt2Vocabulary()
    const shown = Array.from({ length: vocabulary.size }, (_, id) => showToken(vocabulary.bytesOf(id)))
    expect(shown.filter((text) => /\$\([^)]+\)/.test(text))).toEqual([])
  })

  it.each([
    ['a leading space', ' catch', '·catch'],
    ['a run of spaces', 'a    b', 'a····b'],
    ['a single space between words', 'a b', 'a b'],
    ['newlines', '\n\n', '↵↵'],
    ['a tab', '\tx', '→x'],
    ['a carriage return', '\r\n', '␍↵'],
    ['control characters', '\0\u001b\u007f', '␀␛␡'],
    ['a C1 control character', '\u0085', '⟨U+0085⟩'],
    ['a no-break space', 'a\u00a0b', 'a⟨NBSP⟩b'],
    ['zero-width characters', '\u200b\u200d\ufeff', '⟨ZWSP⟩⟨ZWJ⟩⟨BOM⟩'],
    ['bidi controls', '\u202eabc\u202c', '⟨RLO⟩abc⟨PDF⟩'],
    ['a wide space', '\u2003', '⟨U+2003⟩'],
    ['a tag character', '\u{e0041}', '⟨U+E0041⟩'],
    ['a private-use character', '\ue000', '⟨U+E000⟩'],
    ['a combining mark alone', '\u0301', '◌\u0301'],
    ['an emoji', '👋🏽', '👋🏽'],
  ])('shows %s', (_, text, shown) => {
    expect(show(text)).toBe(shown)
  })

  it.each([
    ['the beginning of an emoji', [0xf0, 0x9f, 0x91], '⟨F0 9F 91⟩'],
    ['its end', [0x8b], '⟨8B⟩'],
    ['a letter, then the beginning of an emoji', [0x61, 0xf0, 0x9f], 'a⟨F0 9F⟩'],
    ['an overlong encoding', [0xc0, 0x80], '⟨C0 80⟩'],
    ['an encoded surrogate', [0xed, 0xa0, 0x80], '⟨ED A0 80⟩'],
    ['a byte beyond Unicode', [0xf5], '⟨F5⟩'],
  ])('shows %s as bytes', (_, bytes, shown) => {
    expect(showToken(Uint8Array.from(bytes))).toBe(shown)
  })

  it('shows every token of the vocabulary differently', () => {
    const vocabulary = readGpt2Vocabulary()
    const all = Array.from({ length: vocabulary.size }, (_, id) => tokenPieces(vocabulary.bytesOf(id)))
    // The mark of a space and the token `·` have the same text and differ by the style of their kind.
    const appearances = all.map((pieces) =>
      pieces.map(({ kind, shown }) => `${kind === 'text'} ${shown}`).join(),
    )
    expect(new Set(appearances).size).toBe(vocabulary.size)
    const shown = all.flatMap((pieces) => pieces.map((piece) => piece.shown))
    expect(shown.filter((text) => /[\p{Cc}\p{Cf}]/u.test(text))).toEqual([])
  })

  it('has every character of a well-formed text as a source', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const sources = tokenPieces(utf8(text)).map((piece) => piece.source)
        expect(sources.join('')).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(utf8(text)))
      }),
    )
  })
})

describe('textPieces', () => {
  it('shows a split character in its first token and bytes in the others', () => {
    const [first, second] = textPieces([Uint8Array.of(0x20, 0xf0, 0x9f, 0x91), Uint8Array.of(0x8b, 0x21)])
    expect(first?.map((piece) => piece.shown)).toEqual(['·', '👋'])
    expect(second?.map((piece) => piece.shown)).toEqual(['⟨8B⟩', '!'])
  })

  it('shows a character of four tokens once', () => {
    const bytes = [...utf8('👋')].map((byte) => Uint8Array.of(byte))
    const shown = textPieces(bytes).map(([piece]) => piece?.shown)
    expect(shown).toEqual(['👋', '⟨9F⟩', '⟨91⟩', '⟨8B⟩'])
  })

  it('has the text’s characters as sources for any split into tokens', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(8)), (text, lengths) => {
        const tokens = cut(utf8(text), lengths)
        const sources = textPieces(tokens).flatMap((pieces) => pieces.map((piece) => piece.source))
        expect(sources.join('')).toBe(text)
        expect(textPieces(tokens).length).toBe(tokens.length)
      }),
    )
  })

  function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
    const ends = lengths.reduce<number[]>((sums, length) => [...sums, (sums.at(-1) ?? 0) + length], [])
    const cuts = [0, ...ends.filter((end) => end < bytes.length), bytes.length]
    return cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end))
  }
})

describe('speakToken', () => {
  it.each([
    [' catch', 'catch, leading space'],
    ['    x', 'x, 4 leading spaces'],
    ['\n', 'newline'],
    ['\n\n', '2 newlines'],
    ['    ', '4 spaces'],
    ['\t', 'tab'],
    ['\u200b', 'zero-width space'],
    ['catch', 'catch'],
  ])('describes %j as %s', (text, spoken) => {
    expect(speak(text)).toBe(spoken)
  })

  it('names the bytes of an incomplete character', () => {
    expect(speakToken(Uint8Array.of(0xf0, 0x9f))).toBe('bytes F0 9F')
  })
})

it('bytes are formatted as hexadecimal', () => {
  expect(hexBytes(Uint8Array.of(0, 15, 255))).toBe('00 0F FF')
})
