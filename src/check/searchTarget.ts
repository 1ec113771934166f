// Which rows of a file simulated rows are compared with. R compared rows, V = tokens of the vocabulary

import type { UnderstoodLogits } from '../files/representation/representation'
import { elementAt } from '../shared/elementAt'
import type { SearchTarget } from './mistakeSearch'
import { noiseOfRow } from './noise'

/** Enough to tell the mistakes apart: each row has 50,257 numbers. */
const COMPARED_ROWS = 8

/** The first rows of the file; if these are right, a few of them and the first ones that differ. */
export function rowsToCompare(count: number, firstDifferent: number): number[] {
  const first = Math.min(COMPARED_ROWS, count)
  if (firstDifferent < first / 2) return range(0, first)
  const half = Math.floor(first / 2)
  const from = Math.max(half, Math.min(firstDifferent, count - (first - half)))
  return [...range(0, half), ...range(from, Math.min(from + first - half, count))]
}

/** Other rows, spread over the file. */
export function rowsToVerify(count: number, compared: readonly number[]): number[] {
  const others = range(0, count).filter((row) => !compared.includes(row))
  const step = Math.max(1, others.length / COMPARED_ROWS)
  return Array.from({ length: Math.min(COMPARED_ROWS, others.length) }, (_, i) =>
    elementAt(others, Math.floor(i * step)),
  )
}

/**
 * The rows [0, n) of the file as a search needs them. Rows without any finite number are left out.
 * @throws FileChangedError, ArrayFileError
 */
export async function targetOf(understood: UnderstoodLogits, rows: readonly number[]): Promise<SearchTarget> {
  const { file, input, representation } = understood
  const usable: { readonly row: number; readonly logProbs: Float32Array; readonly noise: number }[] = []
  for (const row of rows) {
    const logProbs = await understood.logProbs(row)
    if (!logProbs.some(Number.isFinite)) continue
    usable.push({ row, logProbs, noise: noiseOfRow(await file.readRow(row), representation) })
  }
  const V = usable[0]?.logProbs.length ?? 0
  const all = new Float32Array(usable.length * V)
  usable.forEach(({ logProbs }, i) => {
    all.set(logProbs, i * V)
  })
  return {
    tokenIds: input.tokenIds,
    rows: Int32Array.from(usable, ({ row }) => representation.firstRow + row),
    logProbs: all,
    noise: usable.map(({ noise }) => noise),
  }
}

function range(from: number, end: number): number[] {
  return Array.from({ length: end - from }, (_, i) => from + i)
}
