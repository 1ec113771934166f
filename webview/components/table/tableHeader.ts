import { html, type TemplateResult } from 'lit'

import { COLUMN_VIEWS, isSortable, type TableColumn } from '../../state/columns'
import { type Sort, TEXT_ORDER } from '../../state/panelState'
import { nextSort } from '../../state/sortRows'

/** The column headers. Their buttons are not tab stops; the arrow keys reach them from the first row. */
export function headerRowTemplate(
  columns: readonly TableColumn[],
  current: Sort,
  sortBy: (sort: Sort) => void,
): TemplateResult {
  return html`<div role="row" aria-rowindex="1" class="row">
    ${columns.map((column) => headerTemplate(column, current, sortBy))}
  </div>`
}

function headerTemplate(column: TableColumn, current: Sort, sortBy: (sort: Sort) => void): TemplateResult {
  const { label, title, numeric } = COLUMN_VIEWS[column]
  const classes = `cell ${numeric ? 'number' : ''}`
  if (!isSortable(column))
    return html`<span role="columnheader" class=${classes} title=${title}
      ><span class="column-label">${label}</span></span
    >`
  const sorted = current.column === column ? current.direction : 'none'
  const arrow = current === TEXT_ORDER ? '' : sorted
  return html`<span role="columnheader" class=${classes} aria-sort=${sorted} title=${title}
    ><button
      tabindex="-1"
      class="column-label sort ${arrow}"
      .textContent=${label}
      @click=${() => {
        sortBy(nextSort(current, column))
      }}
    ></button
  ></span>`
}
