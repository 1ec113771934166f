import type { TextRange } from '../../../../shared/contracts/engine/prediction'

/**
 * The range of another version of a text that corresponds to a range of it. The text before the first and after the last
 * difference keeps its place; a range that ends inside the differences has all of them.
 */
export function correspondingRange(text: string, other: string, { start, end }: TextRange): TextRange {
  const before = commonStart(text, other)
  const after = commonEnd(text.slice(before), other.slice(before))
  const differencesEnd = text.length - after
  const shift = other.length - text.length
  return {
    start: start <= before ? start : start >= differencesEnd ? start + shift : before,
    end: endOf(),
  }

  function endOf(): number {
    // Text that was removed from the end belongs to a range up to there.
    if (end === text.length || end > differencesEnd) return end + shift
    return end <= before ? end : other.length - after
  }
}

/** Number of UTF-16 units, without half of a surrogate pair. */
function commonStart(a: string, b: string): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return isHighSurrogate(a.charCodeAt(length - 1)) ? length - 1 : length
}

function commonEnd(a: string, b: string): number {
  let length = 0
  while (length < a.length && length < b.length && a.at(-1 - length) === b.at(-1 - length)) length++
  return isLowSurrogate(a.charCodeAt(a.length - length)) ? length - 1 : length
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
