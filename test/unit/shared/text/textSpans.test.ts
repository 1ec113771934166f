import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { isCharacterBoundary, textSpans } from '../../../../src/shared/text/textSpans'
import { unicodeTexts } from '../../../support/texts/unicodeTexts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const everyByte = (text: string) => Array.from(utf8(text), (byte) => Uint8Array.of(byte))

/** `first–last shown` for each span. */
function describeSpans(tokens: readonly Uint8Array[]): string[] {
  return textSpans(tokens).map(
    ({ first, last, pieces }) => `${first}–${last} ${pieces.map(({ shown }) => shown).join('')}`,
  )
}

describe('textSpans', () => {
  it('has one span for each token of whole characters', () => {
    expect(describeSpans([utf8('const'), utf8(' x'), utf8('\n\n')])).toEqual([
      '0–0 const',
      '1–1 ·x',
      '2–2 ↵↵',
    ])
  })

  it('shows a character of several tokens once, apart from the rest of their text', () => {
    const tokens = [Uint8Array.of(0x20, 0xf0, 0x9f, 0x91), Uint8Array.of(0x8b, 0x21)]
    expect(describeSpans(tokens)).toEqual(['0–0 ·', '0–1 👋', '1–1 !'])
  })

  it.each([
    ['an emoji of several emoji', '👩\u200d👩\u200d👧'],
    ['an emoji with a skin tone', '👋🏽'],
    ['a flag', '🇩🇪'],
    ['a flag of tag characters', '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}'],
    ['a keycap', '1\ufe0f\u20e3'],
    ['a letter with a combining mark', 'e\u0301'],
    ['a syllable', 'हि'],
    ['a character of Chinese', '語'],
  ])('shows %s whole, however many tokens it has', (_, text) => {
    const tokens = everyByte(text)
    expect(describeSpans(tokens)).toEqual([`0–${tokens.length - 1} ${text}`])
  })

  it.each([
    ['between letters', 'a\u200cb', ['0–0 a', '1–3 ⟨ZWNJ⟩', '4–4 b']],
    ['after an emoji', '👋\u{e0100}', ['0–3 👋', '4–7 ⟨U+E0100⟩']],
    ['that changes the direction', '\u202ea', ['0–2 ⟨RLO⟩', '3–3 a']],
  ])('shows the mark of an invisible character %s', (_, text, spans) => {
    expect(describeSpans(everyByte(text))).toEqual(spans)
  })

  it('shows a combining mark without a letter on a dotted circle', () => {
    expect(describeSpans([utf8(' '), utf8('\u0301\u0316')])).toEqual(['0–0 ·', '1–1 ◌\u0301\u0316'])
  })

  it('shows bytes that are no character in the token that has them', () => {
    const tokens = [Uint8Array.of(0x61, 0xf0, 0x9f), Uint8Array.of(0x91), utf8('b')]
    expect(describeSpans(tokens)).toEqual(['0–0 a⟨F0 9F⟩', '1–1 ⟨91⟩', '2–2 b'])
  })

  it('has all characters of the text, in order, for any split into tokens', () => {
    fc.assert(
      fc.property(tokenizedTexts, ({ text, tokens }) => {
        const sources = textSpans(tokens).flatMap(({ pieces }) => pieces.map(({ source }) => source))
        expect(sources.join('')).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(utf8(text)))
      }),
    )
  })

  it('has every token in one span or in several in a row, for any split into tokens', () => {
    fc.assert(
      fc.property(tokenizedTexts, ({ tokens }) => {
        const spans = textSpans(tokens)
        const order = spans.flatMap(({ first, last }) => [first, last])
        expect(order).toEqual(order.toSorted((a, b) => a - b))
        const covered = new Set(
          spans.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i)),
        )
        expect(covered.size).toBe(tokens.length)
      }),
    )
  })

  const tokenizedTexts = fc.tuple(unicodeTexts, fc.array(fc.nat(6))).map(([text, lengths]) => {
    const bytes = utf8(text)
    const ends = lengths.map((_, i) => lengths.slice(0, i + 1).reduce((sum, length) => sum + length + 1, 0))
    const cuts = [0, ...ends.filter((end) => end < bytes.length), bytes.length]
    const tokens = cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end))
    return { text, tokens: tokens.filter(({ length }) => length > 0) }
  })
})

describe('isCharacterBoundary', () => {
  it.each([
    ['two letters', 'a', 'b', true],
    ['two emoji', '👋', '👋', true],
    ['a letter and its combining mark', 'e', '\u0301', false],
    ['an emoji and its skin tone', '👋', '🏽', false],
    ['the beginning of the text', '', '\u0301', true],
  ])('recognizes a place between %s', (_, before, after, boundary) => {
    expect(isCharacterBoundary(utf8(before), utf8(after))).toBe(boundary)
  })
})
