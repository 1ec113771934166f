import { html, type TemplateResult } from 'lit'

import { COLUMN_VIEWS, isSortable, type TableColumn } from '../../state/columns'
import { type Sort, TEXT_ORDER } from '../../state/panelState'
import { nextSort } from '../../state/sortRows'
import type { RowContext } from './row'

/** The headers. Their buttons are no tab stops: the arrow keys lead to them from the first row. */
export function headerRowTemplate(
  { columns, narrow }: RowContext,
  current: Sort,
  sortBy: (sort: Sort) => void,
): TemplateResult {
  return html`<div role="row" aria-rowindex="1" class="row">
    ${columns.map((column) => headerTemplate(column, narrow.has(column), current, sortBy))}
  </div>`
}

function headerTemplate(
  column: TableColumn,
  shownWhenNarrow: boolean,
  current: Sort,
  sortBy: (sort: Sort) => void,
): TemplateResult {
  const { label, title, numeric } = COLUMN_VIEWS[column]
  const classes = `cell ${numeric ? 'number' : ''} ${shownWhenNarrow ? '' : 'wide-only'}`
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
