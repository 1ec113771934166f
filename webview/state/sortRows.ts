import { numberAt } from './columns'
import { type Sort, type SortColumn, TEXT_ORDER } from './panelState'
import type { RowBlock } from './rows'

/** The rows of a section in the order asked for; `next` stays the last, rows without the number come before it. */
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

/** A header pressed again and again: largest first, smallest first, back to the text's order; `#` begins with that. */
export function nextSort(current: Sort, column: SortColumn): Sort {
  if (current.column !== column) {
    return column === TEXT_ORDER.column ? TEXT_ORDER : { column, direction: 'descending' }
  }
  return current.direction === 'descending' ? { column, direction: 'ascending' } : TEXT_ORDER
}
