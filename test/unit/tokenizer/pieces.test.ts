import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TextRunTooLongError } from '../../../src/shared/errors'
import { MAX_RUN_UNITS, piecesOf, refuseLongRuns } from '../../../src/tokenizer/pieces'
import { unicodeTexts } from '../../support/texts/unicodeTexts'

function pieces(text: string, units?: number): string[] {
  return [...piecesOf(text, units)].map(({ start, end }) => text.slice(start, end))
}

function refuse(text: string) {
  refuseLongRuns(text, { start: 0, end: text.length })
}

describe('piecesOf', () => {
  it('cuts before the next white space', () => {
    expect(pieces('one two three four', 5)).toEqual(['one two', ' three', ' four'])
  })

  it('never cuts inside white space', () => {
    expect(pieces('a\r\n  \r\n b', 1)).toEqual(['a\r\n  \r\n b'])
  })

  it('treats U+0085 as white space and U+FEFF not, as GPT-2’s pattern does', () => {
    expect(pieces('aa\ufeffbb', 1)).toEqual(['aa\ufeffbb'])
    expect(pieces('aa\u0085bb', 1)).toEqual(['aa', '\u0085bb'])
  })

  it('does not cut a text without white space', () => {
    expect(pieces('abc'.repeat(100), 10)).toHaveLength(1)
  })

  it('has no piece for an empty text', () => {
    expect(pieces('', 10)).toEqual([])
  })

  it('covers the whole text', () => {
    fc.assert(
      fc.property(unicodeTexts, fc.integer({ min: 1, max: 10 }), (text, units) => {
        expect(pieces(text, units).join('')).toBe(text)
      }),
    )
  })
})

describe('piecesOf a text of lines', () => {
  const words = fc.constantFrom('if', 'return', '{', '}', ');', 'const x = 1', '//', '日本語', 'a b c')
  const line = fc.tuple(words, fc.nat({ max: 99 }), words).map((parts) => parts.join(' '))
  const document = fc.array(line, { minLength: 100, maxLength: 400 })

  it('cuts at the end of lines, before the line break', () => {
    fc.assert(
      fc.property(document, fc.constantFrom('\n', '\r\n', '\n\n'), (lines, lineBreak) => {
        const [, ...others] = pieces(lines.join(lineBreak))
        expect(others.every((piece) => piece.startsWith(lineBreak))).toBe(true)
      }),
    )
  })

  it('changes only a few pieces after an edit within a line', () => {
    fc.assert(
      fc.property(document, fc.nat(), fc.string({ maxLength: 5 }), (lines, place, inserted) => {
        const before = new Set(pieces(lines.join('\n')))
        const edited = lines.with(place % lines.length, inserted.replaceAll('\n', ''))
        const changed = pieces(edited.join('\n')).filter((piece) => !before.has(piece))
        expect(changed.length).toBeLessThanOrEqual(4)
      }),
    )
  })

  it('makes pieces of about a thousand units', () => {
    const lines = Array.from({ length: 4_000 }, (_, i) => `const name${i} = compute(${i * i})`)
    const text = lines.join('\n')
    const average = text.length / pieces(text).length
    expect(average).toBeGreaterThan(500)
    expect(average).toBeLessThan(2_000)
  })
})

describe('refuseLongRuns', () => {
  it.each([
    ['letters', 'a'],
    ['digits', '7'],
    ['white-space characters', ' '],
    ['punctuation marks or symbols', '='],
  ])('refuses a long run of %s', (kind, character) => {
    const text = character.repeat(MAX_RUN_UNITS + 1)
    expect(() => refuse(text)).toThrow(TextRunTooLongError)
    expect(() => refuse(text)).toThrow(kind)
  })

  it('names the line', () => {
    const text = `one\r\ntwo\n${'x'.repeat(MAX_RUN_UNITS + 1)}`
    expect(() => refuse(text)).toThrow(
      'Line 3 has more than 10,000 letters in a row, which is too long for GPT-2’s tokenizer. ' +
        'Split the run, or remove it from the text.',
    )
  })

  it('accepts a run of the maximum length', () => {
    expect(() => refuse('x'.repeat(MAX_RUN_UNITS))).not.toThrow()
  })

  it('counts UTF-16 units, not characters', () => {
    expect(() => refuse('👋'.repeat(MAX_RUN_UNITS / 2 + 1))).toThrow(TextRunTooLongError)
  })

  it('accepts a long word of letters and digits', () => {
    expect(() => refuse('a1'.repeat(MAX_RUN_UNITS))).not.toThrow()
  })

  it('takes linear time for a run of megabytes', () => {
    const start = performance.now()
    expect(() => refuse('x'.repeat(10_000_000))).toThrow(TextRunTooLongError)
    expect(() => refuse(`${'x'.repeat(9_999)} `.repeat(200))).not.toThrow()
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})
