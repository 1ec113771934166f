import { html, nothing, type TemplateResult } from 'lit'

import type { SideNames } from '../../../src/shared/text/comparisonText'
import { COLUMN_VIEWS, isSortable, type TableColumn } from '../../state/table/columns'
import { type Sort, TEXT_ORDER } from '../../state/inspection/panelState'
import { nextSort } from '../../state/table/sortRows'
import { sideTag } from '../base/sideTag'

export interface HeaderOptions {
  readonly columns: readonly TableColumn[]
  readonly sort: Sort
  /** Null if the inspection is not compared. */
  readonly names: SideNames | null
  readonly sortBy: (sort: Sort) => void
}

/**
 * The column headers, under a row with what the columns of both sides have in common. Their buttons are not tab stops;
 * the arrow keys reach them from the first row.
 */
export function headerRowsTemplate(options: HeaderOptions): TemplateResult {
  const { columns } = options
  const rows = headerRowCount(columns)
  return html`${rows === 1 ? nothing : groupsTemplate(columns)}
    <div role="row" aria-rowindex=${rows} class="row columns">
      ${columns.map((column) => headerTemplate(column, options))}
    </div>`
}

/** Columns of two sides have a row of groups above them. */
export function headerRowCount(columns: readonly TableColumn[]): number {
  return columns.some((column) => COLUMN_VIEWS[column].side !== undefined) ? 2 : 1
}

/** The label of a column, alone or under the name of its group. */
export function columnLabel(column: TableColumn, names: SideNames | null): TemplateResult | string {
  const { label, side } = COLUMN_VIEWS[column]
  if (side === undefined || names === null) return label
  return sideTag(side === 'shown' ? 'plus' : 'minus', names[side])
}

function groupsTemplate(columns: readonly TableColumn[]): TemplateResult {
  return html`<div role="row" aria-rowindex="1" class="row groups">
    ${columns.map((column) => {
      const { label, side, numeric } = COLUMN_VIEWS[column]
      if (side === undefined) return html`<span role="gridcell" class="cell"></span>`
      if (side === 'baseline') return nothing
      return html`<span role="columnheader" aria-colspan="2" class="cell pair ${numeric ? 'number' : ''}"
        ><span class="column-label">${label}</span></span
      >`
    })}
  </div>`
}

function headerTemplate(column: TableColumn, { sort, names, sortBy }: HeaderOptions): TemplateResult {
  const { label, title, numeric, side } = COLUMN_VIEWS[column]
  const classes = `cell ${numeric ? 'number' : ''}`
  const spoken = side === undefined || names === null ? nothing : `${label}, ${names[side]}`
  if (!isSortable(column))
    return html`<span role="columnheader" class=${classes} aria-label=${spoken} title=${title}
      ><span class="column-label">${columnLabel(column, names)}</span></span
    >`
  const sorted = sort.column === column ? sort.direction : 'none'
  const arrow = sort === TEXT_ORDER ? '' : sorted
  return html`<span role="columnheader" class=${classes} aria-sort=${sorted} title=${title}
    ><button
      tabindex="-1"
      class="column-label sort ${arrow}"
      aria-label=${spoken}
      @click=${() => {
        sortBy(nextSort(sort, column))
      }}
    >
      ${columnLabel(column, names)}
    </button></span
  >`
}
