// Long texts are tokenized in pieces, so that a cancel is heard between them.
// GPT-2's pattern: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// Its `\s` is Unicode's White_Space; that of JavaScript has U+FEFF more and U+0085 less.

import { TextRunTooLongError } from '../shared/errors'
import { formatCount } from '../shared/format'
import type { TextRange } from '../shared/prediction'

/** A few milliseconds of work where the text is an ordinary one. */
const PIECE_UNITS = 32 * 1024

/** tiktoken takes quadratic time in a run of one character class, and panics past some length. */
export const MAX_RUN_UNITS = 10_000

/**
 * Cuts a text, in order and without gap, where a white space follows something else.
 * No token crosses there: in GPT-2's pattern white space is never matched behind anything but white space.
 */
export function* piecesOf(text: string, pieceUnits = PIECE_UNITS): Generator<TextRange> {
  const beforeWhiteSpace = /\P{White_Space}(?=\p{White_Space})/gu
  let start = 0
  while (start < text.length) {
    beforeWhiteSpace.lastIndex = start + pieceUnits
    const end = beforeWhiteSpace.test(text) ? beforeWhiteSpace.lastIndex : text.length
    yield { start, end }
    start = end
  }
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
