// Scores as rows of float64, for the files of a saved run.

import { AlternativeList, createColumns } from '../../../prediction/windows/alternativeList'
import type { TokenScore } from '../../../shared/contracts/engine/prediction'
import { elementAt } from '../../../shared/elementAt'

/** Where the scores are in rows of `stride` numbers each: at `offset` of each row. */
export interface ScorePlaces {
  readonly rows: Float64Array
  readonly stride: number
  readonly offset: number
}

export interface ScoreRowOptions {
  /** The number of alternatives of each score. */
  readonly topK: number
  readonly vocabularySize: number
}

/** The number of numbers of a score. */
export function scoreWidth(topK: number): number {
  return SCORE_NUMBERS + ALTERNATIVE_NUMBERS * topK
}

/** Writes one number after the other: `set` with small arrays takes ten times as long. */
export function writeScore(rows: Float64Array, start: number, score: TokenScore): void {
  let at = start
  rows[at++] = score.logitsRow
  rows[at++] = score.seqLen
  rows[at++] = score.logSumExp
  rows[at++] = score.entropy
  rows[at++] = score.logit
  rows[at++] = score.logProb
  rows[at++] = score.rank
  rows[at++] = score.surprisal
  for (const { tokenId, logit } of score.top) {
    rows[at++] = tokenId
    rows[at++] = logit
  }
}

/** The score of each row; null for a row of NaN. */
export function readScores(
  { rows, stride, offset }: ScorePlaces,
  { topK, vocabularySize }: ScoreRowOptions,
): (TokenScore | null)[] {
  const count = rows.length / stride
  const columns = createColumns({ rows: count, topK, temperature: 1, vocabularySize })
  return Array.from({ length: count }, (_, i) => {
    const row = rows.subarray(i * stride + offset, i * stride + offset + scoreWidth(topK))
    columns.logSumExp[i] = row[LOG_SUM_EXP] ?? NaN
    const alternatives = row.subarray(SCORE_NUMBERS)
    for (let k = 0; k < topK; k++) {
      columns.topIds[i * topK + k] = elementAt(alternatives, ALTERNATIVE_NUMBERS * k)
      columns.topLogits[i * topK + k] = elementAt(alternatives, ALTERNATIVE_NUMBERS * k + 1)
    }
    return readScore(row, new AlternativeList(columns, i))
  })
}

/** The whole rows of a file; fewer if the file is incomplete. */
export function rowsOf(bytes: Uint8Array, stride: number): Float64Array {
  const bytesOfRow = stride * Float64Array.BYTES_PER_ELEMENT
  const count = Math.floor(bytes.length / bytesOfRow)
  return new Float64Array(copyOf(bytes, count * bytesOfRow))
}

export function bytesOf({
  buffer,
  byteOffset,
  byteLength,
}: Int32Array | Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** A copy of the first bytes. A file's bytes may begin at an offset that typed arrays of numbers cannot have. */
export function copyOf(bytes: Uint8Array, length: number): ArrayBuffer {
  return Uint8Array.from(bytes.subarray(0, length)).buffer
}

/** logitsRow, seqLen, logSumExp, entropy, logit, logProb, rank, surprisal. */
const SCORE_NUMBERS = 8
const LOG_SUM_EXP = 2
/** tokenId, logit. */
const ALTERNATIVE_NUMBERS = 2

function readScore(row: Float64Array, top: AlternativeList): TokenScore | null {
  const [logitsRow = NaN, seqLen = NaN, logSumExp = NaN, entropy = NaN, logit = NaN, logProb = NaN] = row
  const [rank = NaN, surprisal = NaN] = row.subarray(6)
  if (Number.isNaN(logitsRow)) return null
  return { logitsRow, seqLen, logSumExp, entropy, top, logit, logProb, rank, surprisal }
}
