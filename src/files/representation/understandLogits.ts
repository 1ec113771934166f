// Finds out what a file of logits is, before it is judged. R rows of the file, W columns, V = 50257

import { VOCABULARY_SIZE } from '../../model/gpt2/config'
import { logSumExp } from '../../shared/numbers/logProbs'
import type { LogitsFile } from '../logits/logitsFile'
import { type Alignment, alignRows, type Probe } from './alignment'
import { logProbsOf } from './logProbsOf'
import { remarksOn } from './remarks'
import type { Precision, ReferenceInput, Representation, UnderstoodLogits } from './representation'
import { compareRow } from './rowComparison'
import { haveMeanZero, isNormalizedWithPadding, kindOfRows, roundingOfRows } from './rowRepresentation'

export interface UnderstandOptions {
  readonly signal?: AbortSignal
}

/**
 * Looks at a few rows of a file and compares them with the reference's.
 * @param inputs what the rows may be of, the expected input first: with and without start token, for example
 * @throws FileChangedError; ArrayFileError, also for more rows than tokens; RangeError without an input that has tokens
 */
export async function understandLogits(
  file: LogitsFile,
  inputs: readonly ReferenceInput[],
  { signal }: UnderstandOptions = {},
): Promise<UnderstoodLogits> {
  const [expected] = inputs
  if (expected === undefined) throw new RangeError('no input')
  const probes = await probesOf(file)
  const rows = probes.map(({ values }) => values)
  const reference = await expected.row(0)
  const rounding = roundingOfRows(rows, reference)
  const kind = kindOfRows(rows, rounding)
  const hasMeanZero = kind === 'logits' && haveMeanZero(rows, reference)
  const precision = { kind, rounding, centred: hasMeanZero }
  const alignment = await alignRows({ file, probes, inputs, precision, signal })
  const representation: Representation = {
    kind,
    centred: hasMeanZero || (kind === 'logits' && (await isShiftedByConstant(alignment, precision))),
    startToken: alignment.input.startToken,
    firstRow: alignment.firstRow,
    transposed: file.transposed,
    rounding,
  }
  return {
    file,
    representation,
    input: alignment.input,
    isAnchored: alignment.anchor !== null,
    distance: alignment.distance,
    remarks: remarksOn({
      file,
      representation,
      input: alignment.input,
      expected,
      isShifted: !hasMeanZero && representation.centred,
      isNormalizedWithPadding: rows.some((row) => isNormalizedWithPadding(row, kind)),
    }),
    logProbs: async (row) => logProbsOf(await file.readRow(row), representation),
  }
}

/** The first row, one in the middle and the last one: more rows would hardly tell more. */
async function probesOf(file: LogitsFile): Promise<Probe[]> {
  const rows = [...new Set([0, Math.floor(file.rows / 2), file.rows - 1])]
  const probes: Probe[] = []
  for (const row of rows) probes.push({ row, values: await file.readRow(row) })
  return probes
}

/** Whether a row that is the reference's has all of its logits moved by a constant. */
async function isShiftedByConstant(
  { anchor, input, firstRow }: Alignment,
  precision: Precision,
): Promise<boolean> {
  if (anchor === null) return false
  const reference = await input.row(firstRow + anchor.row)
  const { tolerance } = compareRow({ values: anchor.values, reference, precision, nextToken: null })
  const shift = logSumExp(anchor.values.subarray(0, VOCABULARY_SIZE)) - logSumExp(reference)
  return Math.abs(shift) > 2 * tolerance
}
