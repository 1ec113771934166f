import { html, type TemplateResult } from 'lit'

import { COLUMN_VIEWS, isSortable, type TableColumn } from '../../state/columns'
import { type Sort, TEXT_ORDER } from '../../state/panelState'
import { nextSort } from '../../state/sortRows'
import type { RowContext } from './row'

/** The column headers. Their buttons are not tab stops; the arrow keys reach them from the first row. */
export function headerRowTemplate(
  { columns, narrow }: RowContext,
  current: Sort,
  sortBy: (sort: Sort) => void,
): TemplateResult {
  return html`<div role="row" aria-rowindex="1" class="row">
    ${columns.map((column) =>
      headerTemplate({ column, width: narrow.has(column) ? '' : 'wide-only', current, sortBy }),
    )}
  </div>`
}

interface HeaderOptions {
  readonly column: TableColumn
  /** A CSS class that hides the column in a narrow panel. */
  readonly width: '' | 'wide-only'
  readonly current: Sort
  readonly sortBy: (sort: Sort) => void
}

function headerTemplate({ column, width, current, sortBy }: HeaderOptions): TemplateResult {
  const { label, title, numeric } = COLUMN_VIEWS[column]
  const classes = `cell ${numeric ? 'number' : ''} ${width}`
  if (!isSortable(column))
    return html`<span role="columnheader" class=${classes} title=${title}><span>${label}</span></span>`
  const sorted = current.column === column ? current.direction : 'none'
  const arrow = current === TEXT_ORDER ? '' : sorted
  return html`<span role="columnheader" class=${classes} aria-sort=${sorted} title=${title}
    ><button
      tabindex="-1"
      class="sort ${arrow}"
      @click=${() => {
        sortBy(nextSort(current, column))
      }}
    >
      ${label}
    </button></span
  >`
}
