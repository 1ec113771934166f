// The files of a check have to be of the same rows: reading only those that all have would hide a mistake.

import type { HiddenStates, LogitsFile } from '../files/logits/logitsFile'
import { tooManyRows } from '../files/representation/rowCount'
import { ArrayFileError } from '../files/source/errors'
import { START_TOKEN_ID } from '../shared/contracts/engine/prediction'
import { formatCount, formatCounted } from '../shared/text/format'
import { quoted } from '../shared/text/quoted'

type CountedFile = Pick<LogitsFile, 'name' | 'rows'>

/**
 * @throws ArrayFileError if the file has more rows than the tokens, and the start token before them. Fewer are allowed: a
 * file may have only the last row
 */
export function requireTokens(file: CountedFile, tokenIds: Int32Array): void {
  const startTokens = tokenIds[0] === START_TOKEN_ID ? 0 : 1
  if (file.rows > startTokens + tokenIds.length) throw tooManyRows(file, tokenIds.length)
}

/** @throws ArrayFileError if the hidden states or the second run have another number of rows than the logits */
export function requireSameRows(
  { name, rows }: CountedFile,
  {
    hidden,
    secondRun,
  }: {
    readonly hidden?: Pick<HiddenStates, 'rows'> | undefined
    readonly secondRun?: CountedFile | undefined
  },
): void {
  if (hidden !== undefined && hidden.rows !== rows) {
    throw new ArrayFileError(
      `${quoted(name)} has ${formatCounted(rows, 'row')} of logits, and the hidden states have ${formatCount(hidden.rows)}. Save both in one run.`,
    )
  }
  if (secondRun !== undefined && secondRun.rows !== rows) {
    throw new ArrayFileError(
      `${quoted(name)} has ${formatCounted(rows, 'row')}, and ${quoted(secondRun.name)}, the other run, has ${formatCount(secondRun.rows)}. Save two runs of the same text.`,
    )
  }
}
