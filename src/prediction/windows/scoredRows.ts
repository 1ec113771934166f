import { NO_TARGET, type ScoredRows } from '../../shared/contracts/engine/engineApi'
import type { Distribution, TokenScore } from '../../shared/contracts/engine/prediction'
import { elementAt } from '../../shared/elementAt'
import { type AlternativeColumns, AlternativeList, logProbOf } from './alternativeList'
import type { Window } from './windows'

/** One row: the score of its target, or the distribution if it has no target. */
export interface ReadRow {
  readonly score?: TokenScore
  readonly next?: Distribution
}

/** Converts rows of the engine to scores and the next distribution, whose alternatives it copies to the window's columns. */
export function readRows(
  rows: ScoredRows,
  columns: AlternativeColumns,
  { firstRow, seqLen, targets }: Pick<Window, 'firstRow' | 'seqLen'> & { readonly targets: Int32Array },
): ReadRow[] {
  const { topK, temperature } = columns
  const from = rows.firstRow - firstRow
  columns.topIds.set(rows.topIds, from * topK)
  columns.topLogits.set(rows.topLogits, from * topK)
  columns.logSumExp.set(rows.logSumExp, from)
  return Array.from(rows.logSumExp, (logSumExp, i) => {
    const logitsRow = rows.firstRow + i
    const entropy = elementAt(rows.entropy, i) * BITS_PER_NAT
    const top = new AlternativeList(columns, from + i)
    if (targets[from + i] === NO_TARGET) return { next: { logitsRow, seqLen, logSumExp, entropy, top } }
    const logit = elementAt(rows.targetLogit, i)
    const logProb = logProbOf(logit, { temperature, logSumExp })
    const rank = elementAt(rows.targetRank, i)
    const surprisal = -logProb * BITS_PER_NAT
    // Every property is named: V8 gives each object that is made by spreading a hidden class of its own, 260 bytes.
    return { score: { logitsRow, seqLen, logSumExp, entropy, top, logit, logProb, rank, surprisal } }
  })
}

const BITS_PER_NAT = 1 / Math.LN2
