// Long texts are tokenized in pieces, so that a cancel is heard between them, and so that the tokens of those
// that an edit has not touched are known already.
// GPT-2's pattern: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// Its `\s` is Unicode's White_Space; that of JavaScript has U+FEFF more and U+0085 less.

import { TextRunTooLongError } from '../shared/errors'
import { formatCount } from '../shared/text/format'
import type { TextRange } from '../shared/contracts/prediction'

/** The longest piece of an ordinary text: a few milliseconds of work. */
const LONGEST_PIECE_UNITS = 32 * 1024
/** One of so many lines ends a piece: a piece is about a thousand units, and an edit costs one or two of them. */
const LINES_PER_PIECE = 32
/** What is looked at before a line's end to tell whether it ends a piece. */
const LINE_END_UNITS = 32

/** tiktoken takes quadratic time in a run of one character class, and panics past some length. */
export const MAX_RUN_UNITS = 10_000

/**
 * Cuts a text, in order and without gap, where a white space follows something else.
 * No token crosses there: in GPT-2's pattern white space is never matched behind anything but white space.
 * A cut depends on the end of the line that ends there and on nothing else, so that an edit moves none but those
 * beside it; only where there is none in `longestUnits`, the piece ends where the next white space stands.
 */
export function* piecesOf(text: string, longestUnits = LONGEST_PIECE_UNITS): Generator<TextRange> {
  let start = 0
  while (start < text.length) {
    const limit = start + longestUnits
    const end = cutAtLineEnd(text, start, limit) ?? cutAtWhiteSpace(text, limit) ?? text.length
    yield { start, end }
    start = end
  }
}

function cutAtLineEnd(text: string, start: number, limit: number): number | undefined {
  const stretch = text.slice(start, limit + 1)
  for (let newline = stretch.indexOf('\n', 1); newline !== -1; newline = stretch.indexOf('\n', newline + 1)) {
    const end = start + (stretch[newline - 1] === '\r' ? newline - 1 : newline)
    if (end > start && endsPiece(text, end)) return end
  }
  return undefined
}

/** By FNV-1a over what stands before `end`; never behind white space, which a token may cross. */
function endsPiece(text: string, end: number): boolean {
  if (/\p{White_Space}/u.test(text[end - 1])) return false
  let hash = 0x811c9dc5
  for (let i = end - 1; i >= 0 && i >= end - LINE_END_UNITS; i--) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  // The upper bits: the lower ones of a product hang on few of the characters.
  return (hash >>> 16) % LINES_PER_PIECE === 0
}

function cutAtWhiteSpace(text: string, from: number): number | undefined {
  const beforeWhiteSpace = /\P{White_Space}(?=\p{White_Space})/gu
  beforeWhiteSpace.lastIndex = from
  return beforeWhiteSpace.test(text) ? beforeWhiteSpace.lastIndex : undefined
}

/** Throws TextRunTooLongError, which names the line, if the tokenizer would choke on this piece of `text`. */
export function refuseLongRuns(text: string, piece: TextRange): void {
  for (const run of text.slice(piece.start, piece.end).matchAll(RUNS)) {
    if (run[0].length <= MAX_RUN_UNITS) continue
    const line = text.slice(0, piece.start + run.index).split('\n').length
    const [kind] = Object.entries(run.groups ?? {}).find(([, match]) => match !== undefined) ?? []
    throw new TextRunTooLongError(
      `Line ${line} has more than ${formatCount(MAX_RUN_UNITS)} ${RUN_NAMES[kind as RunKind]} in a row, ` +
        'which GPT-2’s tokenizer cannot take. Break them up, or leave them out of the text.',
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

/** One match a run; a counted repetition, since an open one would keep a way back for each of its characters. */
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
