import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { trackRanges } from '../../../src/editor/trackedRanges'
import type { TextRange } from '../../../src/shared/contracts/prediction'
import type { TextEdit } from '../../../src/shared/text/textEdit'

/** The text is `0123456789`, the range is `456`. */
const RANGE = { start: 4, end: 7 }

const insert = (rangeOffset: number, text: string): TextEdit => ({ rangeOffset, rangeLength: 0, text })
const replace = (start: number, end: number, text: string): TextEdit => ({
  rangeOffset: start,
  rangeLength: end - start,
  text,
})

describe('A tracked range', () => {
  it.each<[string, TextEdit[], TextRange]>([
    ['stays without edits', [], RANGE],
    ['moves with text typed before it', [insert(0, 'abc')], { start: 7, end: 10 }],
    ['moves back when text before it is deleted', [replace(1, 3, '')], { start: 2, end: 5 }],
    ['stays where text is typed after it', [insert(9, 'abc')], RANGE],
    ['grows with text typed inside', [insert(5, 'abc')], { start: 4, end: 10 }],
    ['shrinks when text inside is deleted', [replace(5, 6, '')], { start: 4, end: 6 }],
    ['leaves out what is typed at its beginning', [insert(4, 'abc')], { start: 7, end: 10 }],
    ['leaves out what is typed at its end', [insert(7, 'abc')], RANGE],
    ['moves with a replacement that ends where it begins', [replace(2, 4, 'abc')], { start: 5, end: 8 }],
    ['stays where a replacement begins at its end', [replace(7, 9, 'abc')], RANGE],
    ['takes in what replaces its beginning', [replace(4, 5, 'abc')], { start: 4, end: 9 }],
    ['takes in what replaces its end', [replace(6, 7, 'abc')], { start: 4, end: 9 }],
    ['takes in what replaces text across its beginning', [replace(2, 5, 'abc')], { start: 2, end: 7 }],
    ['takes in what replaces text across its end', [replace(6, 9, 'abc')], { start: 4, end: 9 }],
    ['becomes what replaces all of it', [replace(4, 7, 'abcde')], { start: 4, end: 9 }],
    ['becomes what replaces all of it and more', [replace(2, 9, 'ab')], { start: 2, end: 4 }],
    ['is empty where all of it is deleted', [replace(2, 9, '')], { start: 2, end: 2 }],
  ])('%s', (_, edits, expected) => {
    expect(trackRanges([RANGE], edits)).toEqual([expected])
  })

  it('follows several edits of one event, given from the last to the first', () => {
    const edits = [insert(8, 'zz'), replace(5, 6, 'yyy'), replace(0, 2, '')]
    expect(trackRanges([RANGE], edits)).toEqual([{ start: 2, end: 7 }])
  })

  it('is one of several, each tracked on its own', () => {
    const ranges = [{ start: 0, end: 2 }, RANGE, { start: 8, end: 10 }]
    expect(trackRanges(ranges, [insert(5, 'abc')])).toEqual([
      { start: 0, end: 2 },
      { start: 4, end: 10 },
      { start: 11, end: 13 },
    ])
  })

  it('covers what a text does whose characters know whether they belong to it', () => {
    const places = fc.uniqueArray(fc.nat({ max: 20 }), { minLength: 2, maxLength: 8 })
    const texts = fc.array(fc.constantFrom('', 'a', 'abc'), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(fc.nat({ max: 20 }), fc.nat({ max: 20 }), places, texts, (a, b, offsets, inserted) => {
        const range = { start: Math.min(a, b), end: Math.max(a, b) }
        const edits = disjointEdits(offsets, inserted)
        expect(trackRanges([range], edits)).toEqual([trackByCharacter(range, edits)])
      }),
      { numRuns: 2000 },
    )
  })
})

/** Replacements between each two neighbouring offsets, and insertions where one is left over; last first. */
function disjointEdits(offsets: readonly number[], texts: readonly string[]): TextEdit[] {
  const sorted = [...offsets].sort((x, y) => x - y)
  const edits: TextEdit[] = []
  for (let i = 0; i < sorted.length; i += 2) {
    edits.unshift(replace(sorted[i], sorted[i + 1] ?? sorted[i], texts[i / 2]))
  }
  return edits
}

type Place = 'before' | 'inside' | 'after'

/** The definition: every character of a text of 20 is tagged, and an inserted one takes a tag from its surroundings. */
function trackByCharacter({ start, end }: TextRange, edits: readonly TextEdit[]): TextRange {
  const characters = Array.from({ length: 20 }, (_, i): Place => {
    if (i < start) return 'before'
    return i < end ? 'inside' : 'after'
  })
  for (const { rangeOffset, rangeLength, text } of edits) {
    const removed = characters.slice(rangeOffset, rangeOffset + rangeLength)
    const tag = placeOfInserted(removed, characters[rangeOffset - 1], characters[rangeOffset])
    characters.splice(rangeOffset, rangeLength, ...new Array<Place>(text.length).fill(tag))
  }
  const count = (place: Place) => characters.filter((character) => character === place).length
  return { start: count('before'), end: count('before') + count('inside') }
}

function placeOfInserted(
  removed: readonly Place[],
  left: Place | undefined,
  right: Place | undefined,
): Place {
  if (removed.includes('inside')) return 'inside'
  if (removed.includes('before') && removed.includes('after')) return 'inside'
  if (removed.length > 0) return removed[0]
  if (left === 'inside' && right === 'inside') return 'inside'
  if (left === 'inside' || left === 'after') return 'after'
  return 'before'
}
