// All rows of a file beside the model's. n = rows of the file, V = tokens of the vocabulary

import type { UnderstoodLogits } from '../files/representation/representation'
import { compareRow, isSameRow, type RowComparison } from '../files/representation/rowComparison'
import type { CheckedRow } from '../shared/contracts/check/checkResult'
import type { SimulationApi } from '../shared/contracts/engine/simulation'
import { elementAt } from '../shared/elementAt'

/** Rows of logits that are held at the same time, 0.2 MB each. */
const ROWS_AT_A_TIME = 16

export interface ComparedRows {
  readonly rows: readonly CheckedRow[]
  readonly comparisons: readonly RowComparison[]
  /** The first row of the file that is not the model's; undefined if all are. */
  readonly firstDifferent: number | undefined
  /** The largest difference that rounding explains, in nats. */
  readonly tolerance: number
}

interface CompareOptions {
  readonly signal?: AbortSignal | undefined
  /** Called with the number of rows that are compared. */
  readonly onRows: (done: number) => void
}

/** @throws CancelledError, FileChangedError, ArrayFileError */
export async function compareRows(
  { file, input, representation }: UnderstoodLogits,
  api: SimulationApi,
  { signal, onRows }: CompareOptions,
): Promise<ComparedRows> {
  const { firstRow } = representation
  const { tokenIds } = input
  const rows: CheckedRow[] = []
  const count = file.rows
  const comparisons: RowComparison[] = []
  for (let from = 0; from < count; from += ROWS_AT_A_TIME) {
    const size = Math.min(ROWS_AT_A_TIME, count - from)
    const inputRows = Int32Array.from({ length: size }, (_, i) => firstRow + from + i)
    const logits = await api.referenceLogits({ tokenIds, rows: inputRows }, { signal })
    const V = logits.length / size
    for (const [i, row] of inputRows.entries()) {
      const compared = compareRow({
        values: await file.readRow(from + i),
        reference: logits.subarray(i * V, (i + 1) * V),
        precision: representation,
        nextToken: tokenIds[row + 1] ?? null,
      })
      comparisons.push(compared)
      rows.push({
        row,
        tokenId: elementAt(tokenIds, row),
        maxAbsDeltaNats: compared.maxAbsDelta,
        klNats: compared.kl,
        sameTop: compared.sameTop,
      })
    }
    onRows(from + size)
  }
  const first = comparisons.findIndex((comparison) => !isSameRow(comparison))
  return {
    rows,
    comparisons,
    firstDifferent: first === -1 ? undefined : first,
    tolerance: comparisons.reduce((max, { tolerance }) => Math.max(max, tolerance), 0),
  }
}
