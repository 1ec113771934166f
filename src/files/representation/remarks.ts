import { VOCABULARY_SIZE } from '../../model/gpt2/config'
import { assertNever } from '../../shared/assertNever'
import { formatCount, formatCounted } from '../../shared/text/format'
import type { LogitsFile } from '../logits/logitsFile'
import type { ReferenceInput, Representation } from './representation'

export interface RemarkedFile {
  readonly file: Pick<LogitsFile, 'rows' | 'width' | 'remarks'>
  readonly representation: Representation
  readonly input: ReferenceInput
  /** The input that the file was expected to be of. */
  readonly expected: ReferenceInput
  /** The rows are shifted by constants other than their mean. */
  readonly isShifted: boolean
  readonly isNormalizedWithPadding: boolean
}

/** Sentences about what a file is, for all that is not raw logits of the expected rows. These are not mistakes. */
export function remarksOn(remarked: RemarkedFile): string[] {
  const { file, representation } = remarked
  return [
    ...file.remarks,
    ...kindRemarks(remarked),
    ...(representation.centred ? [shiftRemark(remarked)] : []),
    ...(representation.transposed
      ? ['The array has the vocabulary as its first axis; its columns were read as rows.']
      : []),
    ...(file.width > VOCABULARY_SIZE
      ? [
          `Each row has ${formatCount(file.width)} columns: GPT-2’s ${formatCount(VOCABULARY_SIZE)} tokens and padding, which was left out.`,
        ]
      : []),
    ...roundingRemarks(representation),
    ...inputRemarks(remarked),
  ]
}

function kindRemarks({
  representation: { kind, rounding },
  isNormalizedWithPadding,
}: RemarkedFile): string[] {
  const padding = isNormalizedWithPadding
    ? [' The softmax was taken over the padding too; the tokens’ part was normalized again.']
    : []
  switch (kind) {
    case 'logits':
      return []
    case 'log-probabilities':
      return [
        `The file has log-probabilities instead of logits. They are compared as they are.${padding.join('')}`,
      ]
    case 'probabilities': {
      const small =
        rounding === 'float16' ? ' Those below 4e-6 are too coarse in float16 and are not compared.' : ''
      return [
        `The file has probabilities instead of logits. Their logarithms are compared.${small}${padding.join('')}`,
      ]
    }
    default:
      return assertNever(kind)
  }
}

function shiftRemark({ isShifted }: RemarkedFile): string {
  return isShifted
    ? 'The logits of each row are shifted by a constant. No softmax shows it, so it is not a mistake.'
    : 'The logits are centred: the mean of each row was subtracted. No softmax shows it, so it is not a mistake.'
}

function roundingRemarks({ rounding }: Representation): string[] {
  return rounding === 'float32'
    ? []
    : [
        `The numbers are rounded to ${rounding}, so small mistakes may not be visible. Save in float32 to see them.`,
      ]
}

function inputRemarks({ file, representation, input, expected }: RemarkedFile): string[] {
  const { startToken, firstRow } = representation
  const S = input.tokenIds.length
  const end = firstRow + file.rows
  return [
    ...(input !== expected && startToken !== expected.startToken
      ? [
          startToken
            ? 'The rows are of the text after the start token <|endoftext|>, and are compared with those.'
            : 'The rows are of the text without a start token, and are compared with those.',
        ]
      : []),
    ...(input !== expected && input.remark !== undefined ? [input.remark] : []),
    ...(firstRow > 0
      ? [`The file’s first row is row ${formatCount(firstRow)} of the input, counted from 0.`]
      : []),
    ...(end < S ? [`The input has ${formatCounted(S - end, 'token')} after the file’s last row.`] : []),
  ]
}
