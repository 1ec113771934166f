// Long texts are tokenized in pieces, so that a cancel takes effect between them, and so that the tokens of pieces that
// an edit did not change are in the cache.
// GPT-2's pattern: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// Its `\s` is Unicode's White_Space; JavaScript's also contains U+FEFF and lacks U+0085.

import { TextRunTooLongError } from '../shared/errors'
import { formatCount } from '../shared/text/format'
import type { TextRange } from '../shared/contracts/prediction'

/** Longest piece in a text with spaces, in UTF-16 units: a few milliseconds of work. */
const MAX_PIECE_UNITS = 32 * 1024
/** On average one of this many lines ends a piece: a piece has about a thousand units, and an edit changes one or two. */
const LINES_PER_PIECE = 32
/** Number of units before the end of a line that decide whether it ends a piece. */
const LINE_END_UNITS = 32

/** tiktoken takes quadratic time for a run of one character class, and panics above some length. */
export const MAX_RUN_UNITS = 10_000

/**
 * Cuts a text into pieces, in order and without gaps, where white space follows another character. No token crosses such
 * a place: GPT-2's pattern matches white space after another character only at the start of a match. Whether a cut is
 * made depends only on the end of the line before it, so that an edit moves only the cuts next to it. If there is no such
 * cut within `maxUnits`, the piece ends at the next white space.
 */
export function* piecesOf(text: string, maxUnits = MAX_PIECE_UNITS): Generator<TextRange> {
  let start = 0
  while (start < text.length) {
    const limit = start + maxUnits
    const end = cutAtLineEnd(text, start, limit) ?? cutAtWhiteSpace(text, limit) ?? text.length
    yield { start, end }
    start = end
  }
}

function cutAtLineEnd(text: string, start: number, limit: number): number | undefined {
  const range = text.slice(start, limit + 1)
  for (let newline = range.indexOf('\n', 1); newline !== -1; newline = range.indexOf('\n', newline + 1)) {
    const end = start + (range[newline - 1] === '\r' ? newline - 1 : newline)
    if (end > start && endsPiece(text, end)) return end
  }
  return undefined
}

/**
 * Whether a piece ends at `end`. A hash (FNV-1a) of the text before `end` decides. Never after white space, because a
 * token may cross that place.
 */
function endsPiece(text: string, end: number): boolean {
  if (/\p{White_Space}/u.test(text.charAt(end - 1))) return false
  let hash = 0x811c9dc5
  for (let i = end - 1; i >= 0 && i >= end - LINE_END_UNITS; i--) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  // The upper bits: the lower bits of a product depend on few of the characters.
  return (hash >>> 16) % LINES_PER_PIECE === 0
}

function cutAtWhiteSpace(text: string, from: number): number | undefined {
  const beforeWhiteSpace = /\P{White_Space}(?=\p{White_Space})/gu
  beforeWhiteSpace.lastIndex = from
  return beforeWhiteSpace.test(text) ? beforeWhiteSpace.lastIndex : undefined
}

/** Throws TextRunTooLongError, which names the line, if this piece of `text` contains a run that is too long. */
export function refuseLongRuns(text: string, piece: TextRange): void {
  for (const run of text.slice(piece.start, piece.end).matchAll(RUNS)) {
    if (run[0].length <= MAX_RUN_UNITS) continue
    const line = text.slice(0, piece.start + run.index).split('\n').length
    const [kind] = Object.entries(run.groups ?? {}).find(([, match]) => match !== undefined) ?? []
    throw new TextRunTooLongError(
      `Line ${line} has more than ${formatCount(MAX_RUN_UNITS)} ${RUN_NAMES[kind as RunKind]} in a row, ` +
        'which is too long for GPT-2’s tokenizer. Split the run, or remove it from the text.',
    )
  }
}

const RUN_NAMES = {
  letters: 'letters',
  digits: 'digits',
  spaces: 'white-space characters',
  others: 'punctuation marks or symbols',
}
type RunKind = keyof typeof RUN_NAMES

/** One match per run. The repetitions have a limit, because an unlimited one stores a backtracking state per character. */
const RUNS = new RegExp(
  [
    String.raw`(?<letters>\p{L}{1,N})`,
    String.raw`(?<digits>\p{N}{1,N})`,
    String.raw`(?<spaces>\p{White_Space}{1,N})`,
    String.raw`(?<others>[^\p{L}\p{N}\p{White_Space}]{1,N})`,
  ]
    .join('|')
    .replaceAll('1,N', `1,${MAX_RUN_UNITS + 1}`),
  'gu',
)
