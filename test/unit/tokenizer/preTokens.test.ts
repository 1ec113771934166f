import { describe, expect, it } from 'vitest'
import { longPreTokenEnd, preTokenEnd } from '../../../src/tokenizer/preTokens'
import { TimeSlice } from '../../../src/tokenizer/timeSlice'
import { UNCANCELLED } from '../../support/texts/loadTokenizer'

describe('preTokenEnd', () => {
  it.each([
    ['words with the space before them', 'one two', ['one', ' two']],
    ['letters from numbers and marks', 'x12+=y', ['x', '12', '+=', 'y']],
    ['contractions', "we'll they're I'm it's", ['we', "'ll", ' they', "'re", ' I', "'m", ' it', "'s"]],
    ['no contractions in capitals or after a space', "IT'S 's", ['IT', "'", 'S', " '", 's']],
    ['the last space from the spaces before it', 'a   b', ['a', '  ', ' b']],
    ['the last line feed from the white space before it', 'a \n\nb', ['a', ' \n', '\n', 'b']],
    ['white space at the end as a whole', 'a \n ', ['a', ' \n ']],
    ['a CRLF as one character', 'a\r\nb\r\n\r\nc', ['a', '\r\n', 'b', '\r\n', '\r\n', 'c']],
    ['a CR from a CRLF', 'a\r\r\nb', ['a', '\r', '\r\n', 'b']],
    ['U+0085 and ideographic spaces as white space', 'a\u0085\u3000b', ['a', '\u0085', '\u3000', 'b']],
    ['U+FEFF and U+180E as marks', 'a\ufeff\u180e b', ['a', '\ufeff\u180e', ' b']],
    ['letters beyond U+FFFF as letters', 'x𝒜 𐍈', ['x𝒜', ' 𐍈']],
    ['a letter that is newer than tiktoken’s tables as a mark', 'a\ua7ce!', ['a', '\ua7ce!']],
    ['lone surrogates as marks', 'a\ud835b', ['a', '\ud835', 'b']],
  ])('splits %s', (_, text, expected) => {
    expect(preTokensOf(text)).toEqual(expected)
  })

  it.each(['a'.repeat(9), ' '.repeat(11), ' 😀😀😀😀', '\r\n'.repeat(6)])(
    'stops the scan of %j after the requested length, and not at the border of a shorter pre-token',
    (text) => {
      const end = preTokenEnd(`${text}${text}x`, 0, 4)

      expect(end).toBeGreaterThan(4)
      expect(end).toBeLessThan(10)
    },
  )
})

describe('longPreTokenEnd', () => {
  it.each(['a', '7', '!', '😀', ' ', '\n', '\r\n', '\u3000'])(
    'finds the same end of a long run of %j as a scan without limit',
    async (character) => {
      const text = `${character.repeat(200_000)}#é`
      const scanned = preTokenEnd(text, 0, 85)

      const end = await longPreTokenEnd(text, { start: 0, scanned }, new TimeSlice(UNCANCELLED))

      expect(end).toBe(preTokenEnd(text, 0, Infinity))
    },
  )
})

function preTokensOf(text: string): string[] {
  const preTokens: string[] = []
  let start = 0
  while (start < text.length) {
    const end = preTokenEnd(text, start, Infinity)
    preTokens.push(text.slice(start, end))
    start = end
  }
  return preTokens
}
