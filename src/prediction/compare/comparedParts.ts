import { NO_TARGET } from '../../shared/contracts/engine/engineApi'
import type { SharedRun } from './alignment'
import type { SequenceRequest } from '../windows/predictionService'
import { type PredictingRow, predictingRow, type WindowLayout } from '../windows/windows'

/** Tokens [from, to) of a sequence, each after all tokens before it. */
export type ComparedSequence = Pick<SequenceRequest, 'tokenIds' | 'from' | 'to'>

/** The sequences of both sides. */
interface ComparedSequences {
  readonly shown: ComparedSequence
  readonly baseline: ComparedSequence
}

/** Consecutive rows of one window on each side. */
export interface Part {
  /** Index in the shown span of the token that the first row predicts. */
  readonly position: number
  readonly baselinePosition: number
  readonly shown: PartSide
  readonly baseline: PartSide
  /** The token of each row; NO_TARGET for the row after the last token. */
  readonly targets: Int32Array
}

export interface PartSide {
  /** Index in the sequence of the window's first token. */
  readonly first: number
  readonly firstRow: number
  readonly endRow: number
}

/** Splits the shared runs where a window of either side ends. */
export function* partsOf(
  runs: readonly SharedRun[],
  request: ComparedSequences,
  layout: WindowLayout,
): Generator<Part> {
  for (const { from, baselineFrom, length } of withNext(runs, request)) {
    for (let start = 0, end = 0; start < length; start = end) {
      const place = (i: number) => ({
        shown: placeOf(request.shown, from + i, layout),
        baseline: placeOf(request.baseline, baselineFrom + i, layout),
      })
      const first = place(start)
      for (end = start + 1; end < length && areConsecutive(first, place(end)); end++);
      // Nothing precedes a first token without a start token.
      if (first.shown.row < 0 || first.baseline.row < 0) continue
      const side = ({ first, row }: PredictingRow) => ({ first, firstRow: row, endRow: row + end - start })
      yield {
        position: from + start,
        baselinePosition: baselineFrom + start,
        shown: side(first.shown),
        baseline: side(first.baseline),
        targets: targetsOf(request.shown, from + start, from + end),
      }
    }
  }
}

interface Places {
  readonly shown: PredictingRow
  readonly baseline: PredictingRow
}

/** The row that predicts a token of the span. */
function placeOf({ from, to }: ComparedSequence, index: number, layout: WindowLayout): PredictingRow {
  return predictingRow(from + index, to, layout)
}

/** Whether a later pair of rows is in the same windows as the first one. */
function areConsecutive(first: Places, later: Places): boolean {
  const isSame = (a: PredictingRow, b: PredictingRow) => a.first === b.first && a.row >= 0
  return isSame(first.shown, later.shown) && isSame(first.baseline, later.baseline)
}

function targetsOf({ tokenIds, from, to }: ComparedSequence, start: number, end: number): Int32Array {
  const targets = new Int32Array(end - start).fill(NO_TARGET)
  targets.set(tokenIds.subarray(from + start, Math.min(from + end, to)))
  return targets
}

/** The row after the last token is compared if both spans end alike. */
function withNext(runs: readonly SharedRun[], { shown, baseline }: ComparedSequences): readonly SharedRun[] {
  const last = runs.at(-1)
  if (last === undefined) return runs
  const { from, baselineFrom, length } = last
  const endsBoth =
    from + length === shown.to - shown.from && baselineFrom + length === baseline.to - baseline.from
  return endsBoth ? [...runs.slice(0, -1), { ...last, length: length + 1 }] : runs
}
