// Long texts are tokenized in pieces, so that the tokens of pieces that an edit did not change are in the cache.

import type { TextRange } from '../shared/contracts/engine/prediction'
import { CharacterClass, classAt, classBefore, isPairAt } from './characterClasses'
import type { TimeSlice } from './timeSlice'

/** Shortest piece in UTF-16 units, except for the last one. */
const MIN_PIECE_UNITS = 256
/** A piece of this length ends at the next place where a cut is possible. */
const MAX_PIECE_UNITS = 32 * 1024
/** One in this many places ends a piece; with the minimum a piece of code or prose has about a thousand units. */
const PLACES_PER_PIECE = 256
/** UTF-16 units that are scanned without a check of the time: a fraction of a millisecond. */
const UNITS_PER_CHECK = 64 * 1024

/**
 * Cuts a text into pieces, in order and without gaps, at places that no token crosses in any context. Which of these
 * places end a piece depends on the 32 units before them, so that an edit moves only the cuts next to it.
 * @throws the signal's reason
 */
export async function* piecesOf(text: string, slice: TimeSlice): AsyncGenerator<TextRange> {
  let start = 0
  let hash = 0
  for (let end = 1; end < text.length; end++) {
    // A "gear" hash: each step shifts out the unit that is 32 units back. FastCDC (Xia et al., 2016) cuts files by it.
    hash = (hash << 1) + Math.imul(text.charCodeAt(end - 1), 0x9e3779b1)
    if (end % UNITS_PER_CHECK === 0 && slice.isOver) await slice.next()
    const units = end - start
    const endsPiece = units >= MAX_PIECE_UNITS || (units >= MIN_PIECE_UNITS && isChosen(hash))
    if (endsPiece && isCuttable(text, end)) {
      yield { start, end }
      start = end
    }
  }
  if (start < text.length) yield { start, end: text.length }
}

/** The upper bits decide, because they depend on all of the 32 units. */
function isChosen(hash: number): boolean {
  return hash >>> 0 < 2 ** 32 / PLACES_PER_PIECE
}

/**
 * Whether every text has a border of pre-tokens between these two characters, which the characters after it cannot
 * move: between two classes, except after white space, which may belong to either side, and in a contraction.
 */
export function isCuttable(text: string, offset: number): boolean {
  const before = classBefore(text, offset)
  const after = classAt(text, offset)
  if (before === after || before === CharacterClass.whiteSpace || isPairAt(text, offset - 1)) return false
  return !(text.charAt(offset - 1) === "'" && after === CharacterClass.letter)
}
