import { numberAt } from './columns'
import { isComparedColumn } from '../comparison/comparedColumns'
import { type Sort, type SortColumn, TEXT_ORDER } from '../inspection/panelState'
import type { RowBlock } from '../rows/rows'

/** The order of the table: that of the text if the rows have no column that the user has sorted by. */
export function sortOf(sort: Sort, { isCompared }: { readonly isCompared: boolean }): Sort {
  return sort.column === 'position' || isComparedColumn(sort.column) === isCompared ? sort : TEXT_ORDER
}

/** Sorts the rows of a section. The `next` row stays last; rows without a value in the column come just before it. */
export function sortRows(rows: RowBlock, sort: Sort): RowBlock {
  if (sort.column === TEXT_ORDER.column && sort.direction === TEXT_ORDER.direction) return rows
  const sign = sort.direction === 'ascending' ? 1 : -1
  const keyed = rows.slice(0, -1).map((row) => ({ row, value: numberAt(sort.column, row) }))
  keyed.sort((a, b) => {
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null)
    return sign * (a.value - b.value)
  })
  return [...keyed.map(({ row }) => row), ...rows.slice(-1)]
}

/** The sort after a click on a header: descending, then ascending, then text order. `#` goes to text order at once. */
export function nextSort(current: Sort, column: SortColumn): Sort {
  if (current.column !== column) {
    return column === TEXT_ORDER.column ? TEXT_ORDER : { column, direction: 'descending' }
  }
  return current.direction === 'descending' ? { column, direction: 'ascending' } : TEXT_ORDER
}
