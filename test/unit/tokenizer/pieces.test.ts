import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { isCuttable, piecesOf } from '../../../src/tokenizer/pieces'
import { TimeSlice } from '../../../src/tokenizer/timeSlice'
import { HARD_TEXTS } from '../../support/texts/hardTexts'
import { loadTokenizer, UNCANCELLED } from '../../support/texts/loadTokenizer'
import { unicodeTexts } from '../../support/texts/unicodeTexts'
import { wholeTiktoken } from '../../support/texts/wholeTiktoken'

let tiktoken: ReturnType<typeof wholeTiktoken>
beforeAll(async () => {
  await loadTokenizer()
  tiktoken = wholeTiktoken()
})

async function pieces(text: string): Promise<string[]> {
  const found: string[] = []
  for await (const { start, end } of piecesOf(text, new TimeSlice(UNCANCELLED)))
    found.push(text.slice(start, end))
  return found
}

describe('A place between two pieces', () => {
  it('is crossed by no token', () => {
    fc.assert(
      fc.property(unicodeTexts, (text) => {
        const ids = tiktoken.idsOf(text)
        for (let offset = 1; offset < text.length; offset++) {
          if (!isCuttable(text, offset)) continue
          const parts = [text.slice(0, offset), text.slice(offset)]
          expect(parts.flatMap((part) => tiktoken.idsOf(part))).toEqual(ids)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['after a word', 'one two', [3]],
    ['between letters, numbers and marks', 'x1+y', [1, 2, 3]],
    ['before white space, never after it', 'a \r\n b', [1]],
    ['before an apostrophe, not between it and a letter', "it's", [2]],
    ['between an apostrophe and a number', "a'1", [1, 2]],
    ['never inside a surrogate pair', 'a😀b', [1, 3]],
  ])('may be %s', (_, text, expected) => {
    const offsets = Array.from(text.split('').keys()).filter(
      (offset) => offset > 0 && isCuttable(text, offset),
    )

    expect(offsets).toEqual(expected)
  })
})

describe('The pieces of a text', () => {
  it.each(HARD_TEXTS)('cover all of it: $name', async ({ ofLength }) => {
    const text = ofLength(40_000)

    expect((await pieces(text)).join('') === text).toBe(true)
  })

  it('are empty for an empty text', async () => {
    expect(await pieces('')).toEqual([])
  })

  it('are one for a run of one class', async () => {
    expect(await pieces('x'.repeat(100_000))).toHaveLength(1)
  })

  it('have at most 32,768 units if the text has places for a cut', async () => {
    const all = await pieces('ab, '.repeat(100_000))

    expect(Math.max(...all.map(({ length }) => length))).toBeLessThanOrEqual(32 * 1024 + 4)
  })

  const words = fc.constantFrom('if', 'return', '{', '}', ');', 'const x = 1', '//', '日本語', 'a b c')
  const line = fc.tuple(words, fc.nat({ max: 99 }), words).map((parts) => parts.join(' '))
  const lines = fc.array(line, { minLength: 100, maxLength: 400 })

  it.each([
    ['many lines', '\n'],
    ['one line', ' '],
    ['one line without white space', ';'],
  ])('change only a few after an edit in %s', async (_, separator) => {
    await fc.assert(
      fc.asyncProperty(lines, fc.nat(), fc.string({ maxLength: 5 }), async (text, place, inserted) => {
        const join = (parts: string[]) => parts.join(separator).replaceAll(' ', separator === ';' ? '.' : ' ')
        const before = new Set(await pieces(join(text)))
        const edited = await pieces(join(text.with(place % text.length, inserted)))

        const changed = edited.filter((piece) => !before.has(piece))

        expect(changed.length).toBeLessThanOrEqual(5)
      }),
    )
  })

  it('have about a thousand units in code', async () => {
    const text = Array.from({ length: 4_000 }, (_, i) => `const name${i} = compute(${i * i})`).join('\n')

    const average = text.length / (await pieces(text)).length

    expect(average).toBeGreaterThan(500)
    expect(average).toBeLessThan(2_000)
  })
})
