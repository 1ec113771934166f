// The columns of the table while the inspection is compared.

/** Columns with one value of each side, the difference, and each side's most likely token. */
export const COMPARED_COLUMNS = [
  'shownProbability',
  'baselineProbability',
  'shownRank',
  'baselineRank',
  'delta',
  'shownTop',
  'baselineTop',
] as const
export type ComparedColumn = (typeof COMPARED_COLUMNS)[number]

/** Those that rows can be ordered by; `delta` orders by its size. */
export type ComparedSortColumn = Exclude<ComparedColumn, 'shownTop' | 'baselineTop'>

/** Whether the column is one of a comparison. */
export function isComparedColumn(column: string): column is ComparedColumn {
  return COMPARED_COLUMNS.some((known) => known === column)
}
