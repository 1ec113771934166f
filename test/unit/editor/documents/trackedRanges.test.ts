import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { trackRanges } from '../../../../src/editor/documents/trackedRanges'
import { elementAt } from '../../../../src/shared/elementAt'
import type { TextRange } from '../../../../src/shared/contracts/engine/prediction'
import type { TextEdit } from '../../../../src/shared/text/textEdit'

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
    ['stays the same without edits', [], RANGE],
    ['moves with text typed before it', [insert(0, 'abc')], { start: 7, end: 10 }],
    ['moves back when text before it is deleted', [replace(1, 3, '')], { start: 2, end: 5 }],
    ['stays the same when text is typed after it', [insert(9, 'abc')], RANGE],
    ['grows with text typed inside', [insert(5, 'abc')], { start: 4, end: 10 }],
    ['shrinks when text inside is deleted', [replace(5, 6, '')], { start: 4, end: 6 }],
    ['excludes text typed at its start', [insert(4, 'abc')], { start: 7, end: 10 }],
    ['excludes text typed at its end', [insert(7, 'abc')], RANGE],
    ['moves with a replacement that ends at its start', [replace(2, 4, 'abc')], { start: 5, end: 8 }],
    ['stays the same when a replacement starts at its end', [replace(7, 9, 'abc')], RANGE],
    ['includes a replacement of its start', [replace(4, 5, 'abc')], { start: 4, end: 9 }],
    ['includes a replacement of its end', [replace(6, 7, 'abc')], { start: 4, end: 9 }],
    ['includes a replacement across its start', [replace(2, 5, 'abc')], { start: 2, end: 7 }],
    ['includes a replacement across its end', [replace(6, 9, 'abc')], { start: 4, end: 9 }],
    ['becomes the replacement of the whole range', [replace(4, 7, 'abcde')], { start: 4, end: 9 }],
    ['becomes the replacement of the range and text around it', [replace(2, 9, 'ab')], { start: 2, end: 4 }],
    ['is empty when the whole range is deleted', [replace(2, 9, '')], { start: 2, end: 2 }],
  ])('%s', (_, edits, expected) => {
    expect(trackRanges([RANGE], edits)).toEqual([expected])
  })

  it('applies several edits of one event, ordered from last to first', () => {
    const edits = [insert(8, 'zz'), replace(5, 6, 'yyy'), replace(0, 2, '')]
    expect(trackRanges([RANGE], edits)).toEqual([{ start: 2, end: 7 }])
  })

  it('is tracked independently of other ranges', () => {
    const ranges = [{ start: 0, end: 2 }, RANGE, { start: 8, end: 10 }]
    expect(trackRanges(ranges, [insert(5, 'abc')])).toEqual([
      { start: 0, end: 2 },
      { start: 4, end: 10 },
      { start: 11, end: 13 },
    ])
  })

  it('matches a reference that tags every character with its place', () => {
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

/** Replacements between pairs of neighbouring offsets, and an insertion at a single last offset; ordered from last to first. */
function disjointEdits(offsets: readonly number[], texts: readonly string[]): TextEdit[] {
  const sorted = [...offsets].sort((x, y) => x - y)
  const edits: TextEdit[] = []
  for (let i = 0; i < sorted.length; i += 2) {
    const start = elementAt(sorted, i)
    edits.unshift(replace(start, sorted[i + 1] ?? start, elementAt(texts, i / 2)))
  }
  return edits
}

type Place = 'before' | 'inside' | 'after'

/** The reference: tags each of 20 characters, and gives inserted characters the tag of their surroundings. */
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
  const [first] = removed
  if (first !== undefined) return first
  if (left === 'inside' && right === 'inside') return 'inside'
  if (left === 'inside' || left === 'after') return 'after'
  return 'before'
}
