import { Tiktoken } from 'tiktoken/lite/init'
import { beforeAll, describe, expect, it } from 'vitest'
import { CharacterClass, classAt, classBefore } from '../../../src/tokenizer/characterClasses'
import { loadTokenizer } from '../../support/texts/loadTokenizer'

beforeAll(async () => {
  await loadTokenizer()
})

describe('The class of a character', () => {
  it.each([
    ['\\p{L}', CharacterClass.letter],
    ['\\p{N}', CharacterClass.number],
    ['\\s', CharacterClass.whiteSpace],
  ])('is that of tiktoken’s %s for all 1,112,064 code points', (pattern, characterClass) => {
    const characters = Array.from({ length: 0x110000 }, (_, codePoint) => codePoint)
      .filter((codePoint) => codePoint < 0xd800 || codePoint > 0xdfff)
      .map((codePoint) => String.fromCodePoint(codePoint))

    const ours = characters.filter((character) => classAt(character, 0) === characterClass).join('')

    expect(characters).toHaveLength(1_112_064)
    expect(ours === matching(pattern, characters.join(''))).toBe(true)
  })

  it('is “other” for a lone surrogate, which is encoded as U+FFFD', () => {
    expect(classAt('\ud835', 0)).toBe(CharacterClass.other)
  })

  it('is found before an offset, also of a surrogate pair', () => {
    const classes = Array.from('a1 𝒜!').map((_, i, all) =>
      classBefore(all.join(''), all.slice(0, i + 1).join('').length),
    )

    expect(classes).toEqual([
      CharacterClass.letter,
      CharacterClass.number,
      CharacterClass.whiteSpace,
      CharacterClass.letter,
      CharacterClass.other,
    ])
  })

  it('is undefined at the ends of a text', () => {
    expect([classBefore('a', 0), classAt('a', 1)]).toEqual([undefined, undefined])
  })
})

/** The characters of a text that match: an encoding of 256 byte tokens with this pattern drops all others. */
function matching(pattern: string, text: string): string {
  const byteTokens = Array.from({ length: 256 }, (_, byte) => Buffer.from([byte]).toString('base64'))
  const encoding = new Tiktoken(`! 0 ${byteTokens.join(' ')}`, {}, pattern)
  const bytes = Uint8Array.from(encoding.encode_ordinary(text))
  encoding.free()
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}
