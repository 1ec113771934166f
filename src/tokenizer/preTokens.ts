// GPT-2 splits a text into pre-tokens before it merges bytes; no token crosses their borders. The pattern:
// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// A CRLF is one character here, because it is encoded as one LF.

import { CharacterClass, classAt, classBefore, endOfClass } from './characterClasses'
import type { TimeSlice } from './timeSlice'

const CONTRACTIONS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"]

/** UTF-16 units that are scanned without a check of the time: a fraction of a millisecond. */
const UNITS_PER_CHECK = 64 * 1024

/**
 * The end of the pre-token that starts at `start`, which is less than the text's length. If the pre-token is longer
 * than `maxUnits` UTF-16 units, an offset inside or at the end of it that is more than `maxUnits` after its start.
 */
export function preTokenEnd(text: string, start: number, maxUnits: number): number {
  const first = text.charAt(start)
  if (first === "'") {
    const contraction = CONTRACTIONS.find((candidate) => text.startsWith(candidate, start))
    if (contraction !== undefined) return start + contraction.length
  }
  // The limit leaves room for the last white space, which may belong to the next pre-token.
  const limit = start + maxUnits + 3
  const afterSpace = first === ' ' ? classAt(text, start + 1) : undefined
  if (afterSpace !== undefined && afterSpace !== CharacterClass.whiteSpace) {
    return endOfClass(text, afterSpace, { start: start + 1, end: limit })
  }
  const characterClass = classAt(text, start) ?? CharacterClass.other
  const end = endOfClass(text, characterClass, { start, end: limit })
  return characterClass === CharacterClass.whiteSpace ? endOfWhiteSpace(text, start, end) : end
}

/**
 * The end of a pre-token that is known up to `scanned`, as `preTokenEnd` returned it. Scans in turns.
 * @throws the signal's reason
 */
export async function longPreTokenEnd(
  text: string,
  { start, scanned }: { readonly start: number; readonly scanned: number },
  slice: TimeSlice,
): Promise<number> {
  const characterClass = classBefore(text, scanned) ?? CharacterClass.other
  let end = scanned
  for (;;) {
    const limit = end + UNITS_PER_CHECK
    end = endOfClass(text, characterClass, { start: end, end: limit })
    if (end < limit) break
    if (slice.isOver) await slice.next()
  }
  return characterClass === CharacterClass.whiteSpace ? endOfWhiteSpace(text, start, end) : end
}

/** `\s+(?!\S)|\s+`: white space before another character leaves its last character to the next pre-token. */
function endOfWhiteSpace(text: string, start: number, end: number): number {
  if (end === text.length) return end
  const last = text.startsWith('\r\n', end - 2) ? end - 2 : end - 1
  return last > start ? last : end
}
