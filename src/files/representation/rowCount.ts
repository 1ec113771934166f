import { formatCounted } from '../../shared/text/format'
import { quoted } from '../../shared/text/quoted'
import type { LogitsFile } from '../logits/logitsFile'
import { ArrayFileError } from '../source/errors'

/** The error for a file with more rows than its text has tokens, for which nothing says which rows to compare. */
export function tooManyRows(
  { name, rows }: Pick<LogitsFile, 'name' | 'rows'>,
  tokens: number,
): ArrayFileError {
  return new ArrayFileError(
    `${quoted(name)} has ${formatCounted(rows, 'row')}, and the text has ${formatCounted(tokens, 'token')}. Save one row for each token, or choose the text of the file.`,
  )
}
