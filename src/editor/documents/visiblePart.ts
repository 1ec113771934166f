import type { TextRange } from '../../shared/contracts/engine/prediction'

/** The visible text of an editor, in UTF-16 offsets. */
export interface VisibleText {
  /** The visible lines as a whole. */
  readonly lines: TextRange
  /** The visible ranges that VS Code reports. A line that is not wrapped counts as a whole, however long it is. */
  readonly reported: TextRange
  readonly cursor: number
}

/** More UTF-16 units than a large screen shows. */
const MAX_VISIBLE_UNITS = 20_000
/** Length of the used part of a line that is too long to be visible as a whole: several times the width of a screen. */
const PART_OF_LINE_UNITS = 4_000

/**
 * The part of a text that can be seen: whole lines, or only their visible part if the lines are long. VS Code does not
 * report which columns of a line that is not wrapped are visible; of such lines the part around the cursor is taken, or
 * the first part if the cursor is not visible.
 */
export function visiblePart({ lines, reported, cursor }: VisibleText): TextRange {
  const part = lengthOf(lines) <= MAX_VISIBLE_UNITS ? lines : reported
  if (lengthOf(part) <= MAX_VISIBLE_UNITS) return part
  const isVisible = part.start <= cursor && cursor <= part.end
  const wanted = isVisible ? cursor - PART_OF_LINE_UNITS / 2 : part.start
  const start = Math.min(Math.max(wanted, part.start), part.end - PART_OF_LINE_UNITS)
  return { start, end: start + PART_OF_LINE_UNITS }
}

function lengthOf({ start, end }: TextRange): number {
  return end - start
}
