import type { TextRange } from '../shared/contracts/prediction'
import type { TextEdit } from '../shared/text/textEdit'

/**
 * Where ranges of a document are after edits. Text typed at a range's edge stays outside of it,
 * text that replaces all of it becomes it. The edits of one change event all speak of the text before it,
 * and VS Code gives them from the last to the first.
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
