import type { TextRange } from '../shared/contracts/engine/prediction'
import { elementAt } from '../shared/elementAt'
import { LETTER_RANGES, NUMBER_RANGES, WHITE_SPACE_RANGES } from './characterRanges'

/** The classes of GPT-2's pattern: `\p{L}`, `\p{N}`, `\s` and everything else, each as tiktoken has it. */
export const CharacterClass = { other: 0, letter: 1, number: 2, whiteSpace: 3 } as const

/** [0x110000] The class of each code point. A lone surrogate is `other`, as U+FFFD is, which replaces it. */
const CLASSES = new Uint8Array(0x110000)
fill(LETTER_RANGES, CharacterClass.letter)
fill(NUMBER_RANGES, CharacterClass.number)
fill(WHITE_SPACE_RANGES, CharacterClass.whiteSpace)

/** @param ranges first and last code point of each range */
function fill(ranges: readonly number[], characterClass: number): void {
  for (let i = 0; i < ranges.length; i += 2) {
    CLASSES.fill(characterClass, elementAt(ranges, i), elementAt(ranges, i + 1) + 1)
  }
}

/** The class of the character that starts at a UTF-16 offset; undefined at the end of the text. */
export function classAt(text: string, offset: number): number | undefined {
  const codePoint = text.codePointAt(offset)
  return codePoint === undefined ? undefined : CLASSES[codePoint]
}

/** The class of the character that ends at a UTF-16 offset; undefined at the start of the text. */
export function classBefore(text: string, offset: number): number | undefined {
  return classAt(text, offset - (isPairAt(text, offset - 2) ? 2 : 1))
}

/** Whether a surrogate pair starts at the offset. */
export function isPairAt(text: string, offset: number): boolean {
  return (text.codePointAt(offset) ?? 0) > 0xffff
}

/**
 * The first offset in a range where no character of the class starts. If all characters are of the class, it is the
 * range's end, or the unit after it if a surrogate pair crosses the end.
 */
export function endOfClass(text: string, characterClass: number, { start, end }: TextRange): number {
  let offset = start
  while (offset < end) {
    const codePoint = text.codePointAt(offset)
    if (codePoint === undefined || CLASSES[codePoint] !== characterClass) break
    offset += codePoint > 0xffff ? 2 : 1
  }
  return offset
}
