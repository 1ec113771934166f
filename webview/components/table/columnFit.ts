import { html, type LitElement, type ReactiveController, type TemplateResult } from 'lit'

import type { SideNames } from '../../../src/shared/text/comparisonText'
import {
  COLUMN_VIEWS,
  fittingColumns,
  gridTemplate,
  isSortable,
  longestNumber,
  type TableColumn,
  type ValueLimits,
} from '../../state/table/columns'
import { columnLabel } from './tableHeader'

/** About as wide as most tokens of code. */
const SAMPLE_TOKEN = 'm'.repeat(10)

/**
 * Decides which columns a table has room for. A hidden sample of each column, with its label and its longest value, is
 * measured in the table's own fonts, so that no font or zoom level can cut a number. The observer runs between layout
 * and paint: a resized table never shows columns that do not fit.
 */
export class ColumnFit implements ReactiveController {
  /** The columns that fit; the same array as long as they do not change. */
  columns: readonly TableColumn[] = ['position', 'token']

  private candidates: readonly TableColumn[] = []
  private limits: ValueLimits = { tokens: 0, vocabularySize: 0, layers: 0 }
  private names: SideNames | null = null
  private isMeasured = false
  private isObserving = false
  private readonly observer = new ResizeObserver(() => {
    this.measure()
  })

  constructor(private readonly table: LitElement) {
    table.addController(this)
  }

  /**
   * Sets the columns to choose from, and what limits their values.
   * @param names of the sides, which head columns of a comparison
   */
  choose(candidates: readonly TableColumn[], limits: ValueLimits, names: SideNames | null): void {
    const { tokens, vocabularySize, layers } = this.limits
    const isSame =
      candidates.join() === this.candidates.join() &&
      limits.tokens === tokens &&
      limits.vocabularySize === vocabularySize &&
      limits.layers === layers &&
      names?.shown === this.names?.shown &&
      names?.baseline === this.names?.baseline
    if (isSame) return
    this.candidates = candidates
    this.limits = limits
    this.names = names
    this.isMeasured = false
  }

  hostConnected(): void {
    this.table.requestUpdate()
  }

  hostUpdated(): void {
    if (!this.isObserving) {
      for (const element of [this.headerRow, this.samples])
        if (element !== null) this.observer.observe(element)
      this.isObserving = true
    }
    if (!this.isMeasured) this.measure()
  }

  hostDisconnected(): void {
    this.observer.disconnect()
    this.isObserving = false
  }

  /** The samples, for the table to render beside its header row. */
  samplesTemplate(): TemplateResult {
    return html`<div class="samples" aria-hidden="true">
      <div>${this.candidates.map((column) => this.sampleTemplate(column))}</div>
    </div>`
  }

  private sampleTemplate(column: TableColumn): TemplateResult {
    const { numeric } = COLUMN_VIEWS[column]
    return html`<span class="cell ${numeric ? 'number' : ''}">
      <span class="column-label ${isSortable(column) ? 'sort' : ''}">${columnLabel(column, this.names)}</span>
      ${longestTemplate(column, this.limits)}
    </span>`
  }

  private measure(): void {
    const { headerRow, samples } = this
    // A table in a closed tab has no size; the observer reports when it gets one.
    if (headerRow === null || samples === null || headerRow.clientWidth === 0) return
    this.isMeasured = true
    const widths = new Map(
      this.candidates.map((column, i) => {
        const sample = samples.children.item(i)
        return [column, Math.ceil(sample?.getBoundingClientRect().width ?? 0)]
      }),
    )
    const columns = fittingColumns(this.candidates, { widths, available: contentWidth(headerRow) })
    this.table.style.setProperty('--columns', gridTemplate(columns, widths))
    if (columns.join() === this.columns.join()) return
    this.columns = columns
    this.table.requestUpdate()
  }

  private get headerRow(): HTMLElement | null {
    return this.table.querySelector<HTMLElement>('.head > .columns')
  }

  private get samples(): HTMLElement | null {
    return this.table.querySelector<HTMLElement>('.samples > div')
  }
}

function longestTemplate(column: TableColumn, limits: ValueLimits): TemplateResult {
  if (column === 'token') return html`<code class="token">${SAMPLE_TOKEN}</code>`
  if (!isSortable(column))
    return html`<span class="alternative"><code>${SAMPLE_TOKEN}</code><small>100 %</small></span>`
  // The digits of some fonts have different widths, and 8 is among the widest.
  const number = longestNumber(column, limits).replaceAll(/\d/g, '8')
  if (column === 'delta')
    return html`<span class="delta-cell"><span class="signed-bar"></span>${number}</span>`
  return html`<span>${number}</span>`
}

/** The width without the padding, in pixels. */
function contentWidth(element: HTMLElement): number {
  const { paddingLeft, paddingRight } = getComputedStyle(element)
  return element.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight)
}
