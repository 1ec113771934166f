import type { TextRange } from '../../shared/contracts/engine/prediction'
import type { TextEdit } from '../../shared/text/textEdit'

/**
 * Returns the ranges after edits. Text inserted at a range's edge stays outside; text that replaces the whole range
 * becomes the range. The offsets of all edits of one change event refer to the text before it, and VS Code orders them
 * from last to first.
 */
export function trackRanges(ranges: readonly TextRange[], edits: readonly TextEdit[]): TextRange[] {
  return ranges.map((range) => edits.reduce(trackRange, range))
}

function trackRange({ start, end }: TextRange, { rangeOffset, rangeLength, text }: TextEdit): TextRange {
  const editEnd = rangeOffset + rangeLength
  const shift = text.length - rangeLength
  if (editEnd <= start) return { start: start + shift, end: end + shift }
  if (rangeOffset >= end) return { start, end }
  return {
    start: Math.min(start, rangeOffset),
    end: editEnd >= end ? rangeOffset + text.length : end + shift,
  }
}
