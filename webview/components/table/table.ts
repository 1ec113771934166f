import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { map } from 'lit/directives/map.js'

import { elementAt } from '../../../src/shared/elementAt'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import type { Column, TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import type { PanelActions } from '../../controllers/controller'
import { isSameAddress } from '../../state/rows/addresses'
import type { Colouring } from '../../state/rows/colouring'
import { COMPARED_COLUMNS } from '../../state/comparison/comparedColumns'
import { type Sort, TEXT_ORDER } from '../../state/inspection/panelState'
import { cutRows, regularCuts, type RowBlock } from '../../state/rows/rows'
import { isRerun } from '../../state/inspection/shownInspection'
import { sortOf, sortRows } from '../../state/table/sortRows'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { setTokenContext } from '../../tokens/tokenContext'
import { clickedToken, tokenUnder } from '../base/clickedToken'
import { LightElement } from '../base/lightElement'
import { DOWN, moveByKey, pageOf, withPages } from '../base/moveByKey'
import { sectionTitle } from '../base/sectionTitle'
import { ColumnFit } from './columnFit'
import { rowId } from './row'
import './rowBlock'
import type { RowContext } from './rowContext'
import { RowSidesStore } from './rowSides'
import { headerRowCount, headerRowsTemplate } from './tableHeader'

/** One block updates within a frame, and 20,000 rows make only 400 blocks. */
const ROWS_PER_BLOCK = 50
const ROW_KEYS = withPages(DOWN)

/** The table: one row per position. The grid is a single tab stop; the picked row is its active descendant. */
@customElement('logitscope-table')
export class TableElement extends LightElement {
  @property({ attribute: false }) inspection!: Inspection
  @property({ attribute: false }) rows: readonly RowBlock[] = []
  @property({ attribute: false }) labels!: TokenLabels
  @property({ attribute: false }) colouring!: Colouring
  @property({ attribute: false }) columns: readonly Column[] = []
  @property({ attribute: false }) sort!: Sort
  @property({ attribute: false }) picked: TokenAddress | null = null
  /** Scroll offset in pixels for a newly shown inspection. */
  @property({ attribute: false }) initialScroll = 0
  @property({ attribute: false }) actions!: PanelActions

  /** The rows of each section in the order shown. */
  private sorted: readonly RowBlock[] = []
  private blocks: readonly (readonly RowBlock[])[] = []
  private context: RowContext | undefined
  private order = TEXT_ORDER
  private readonly rowSides = new RowSidesStore()
  private readonly fit = new ColumnFit(this)
  /** The picked row was to be revealed while the table was in a closed tab, where nothing can be scrolled. */
  private revealsWhenShown = false
  private readonly sizeObserver = new ResizeObserver(() => {
    if (!this.revealsWhenShown || this.grid === null || this.clientHeight === 0) return
    this.revealsWhenShown = false
    this.revealPicked(this.grid, 'middle')
  })

  /** Gives the keyboard focus to the grid. */
  focusGrid(): void {
    this.grid?.focus({ preventScroll: true })
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const sides = this.rowSides.of(this.inspection)
    this.order = sortOf(this.sort, { isCompared: sides !== null })
    if (changed.has('rows') || changed.has('sort') || sides !== this.context?.sides) {
      this.sorted = this.rows.map((rows) => sortRows(rows, this.order))
      this.blocks = this.sorted.map((rows, i) =>
        cutRows(rows, regularCuts(rows.length, ROWS_PER_BLOCK), this.blocks[i] ?? []),
      )
    }
    const limits = {
      tokens: Math.max(0, ...this.rows.map((rows) => rows.length - 1)),
      vocabularySize: this.inspection.model.vocabularySize,
      layers: this.inspection.model.nLayer,
    }
    const columnsOfUse = sides === null ? this.columns : COMPARED_COLUMNS
    this.fit.choose(['position', 'token', ...columnsOfUse], limits, sides?.names ?? null)
    const { columns } = this.fit
    const { labels, colouring } = this
    const isSame =
      !changed.has('colouring') &&
      !changed.has('labels') &&
      columns === this.context?.columns &&
      sides === this.context.sides
    if (!isSame) this.context = { labels, colouring, columns, sides }
  }

  protected override render(): TemplateResult {
    return html`<div
      role="grid"
      class="grid"
      tabindex="0"
      aria-label="Tokens and predictions"
      aria-rowcount=${headerRowCount(this.fit.columns) + this.headingCount + this.sorted.reduce((sum, rows) => sum + rows.length, 0)}
      aria-activedescendant=${this.picked === null ? nothing : rowId(this.picked)}
      @keydown=${this.onKeyDown}
      @mousedown=${this.onMouseDown}
      @click=${this.onClick}
      @dblclick=${this.onDoubleClick}
      @contextmenu=${this.onContextMenu}
      @scrollend=${this.onScrollEnd}
    >
      <div role="rowgroup" class="head">
        ${headerRowsTemplate({
          columns: this.fit.columns,
          sort: this.order,
          names: this.context?.sides?.names ?? null,
          sortBy: (sort) => {
            this.actions.sortBy(sort)
          },
        })}
        ${this.fit.samplesTemplate()}
      </div>
      ${map(this.blocks, (_, section) => this.sectionTemplate(section))}
    </div>`
  }

  protected override updated(changed: PropertyValues<this>): void {
    const grid = this.grid
    if (grid === null) return
    const isSorted = changed.has('sort') && changed.get('sort') !== undefined
    const isNew = this.isNewText(changed)
    if (!isSorted && !isNew && !this.isPickMoved(changed)) return
    const isInClosedTab = grid.clientHeight === 0
    if (isInClosedTab) this.revealsWhenShown = true
    // The user sorts to see the first rows, wherever the picked one is then.
    else if (isSorted) grid.scrollTop = 0
    else if (isNew && this.initialScroll > 0) grid.scrollTop = this.initialScroll
    else this.revealPicked(grid, isNew ? 'middle' : 'nearest')
  }

  /** False for a re-run, after which the table stays where it is. */
  private isNewText(changed: PropertyValues<this>): boolean {
    if (!changed.has('inspection')) return false
    const before = changed.get('inspection') ?? null
    return before?.id !== this.inspection.id && !isRerun(before, this.inspection)
  }

  private isPickMoved(changed: PropertyValues<this>): boolean {
    const before = changed.get('picked') ?? null
    if (!changed.has('picked') || this.picked === null) return false
    return before === null || !isSameAddress(before, this.picked)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.sizeObserver.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.sizeObserver.unobserve(this)
  }

  private get grid(): HTMLElement | null {
    return this.querySelector<HTMLElement>('[role=grid]')
  }

  /** Number of heading rows: one for each section if sections have titles, else none. */
  private get headingCount(): number {
    return sectionTitle(this.inspection, 0) === undefined ? 0 : this.rows.length
  }

  private sectionTemplate(section: number): TemplateResult {
    const first = this.firstRowIndexOf(section)
    const title = sectionTitle(this.inspection, section)
    return html`<div role="rowgroup" aria-label=${title ?? nothing}>
      ${
        title !== undefined
          ? html`<div role="row" class="row section" aria-rowindex=${first}>
              <span role="gridcell" class="cell" aria-colspan=${this.fit.columns.length}>${title}</span>
            </div>`
          : nothing
      }
      ${map(
        elementAt(this.blocks, section),
        (block, i) =>
          html`<logitscope-row-block
            .rows=${block}
            .context=${this.context}
            .firstRowIndex=${first + Number(title !== undefined) + i * ROWS_PER_BLOCK}
            .pickedPosition=${this.pickedIn(section, block)}
            data-section=${section}
          ></logitscope-row-block>`,
      )}
    </div>`
  }

  private firstRowIndexOf(section: number): number {
    const above = this.sorted.slice(0, section).reduce((sum, rows) => sum + rows.length, 0)
    return 1 + headerRowCount(this.fit.columns) + above + (this.headingCount > 0 ? section : 0)
  }

  private pickedIn(section: number, block: RowBlock): number | null {
    const { picked } = this
    if (picked?.section !== section) return null
    return block.some((row) => row.position === picked.position) ? picked.position : null
  }

  private readonly onScrollEnd = (event: Event) => {
    this.actions.scrolled((event.currentTarget as HTMLElement).scrollTop)
  }

  /** A double click selects a token in the editor, so it must not select a word in the table. */
  private readonly onMouseDown = (event: MouseEvent) => {
    if (event.detail > 1) event.preventDefault()
  }

  private readonly onClick = (event: MouseEvent) => {
    const address = clickedToken(event)
    if (address !== null) this.actions.pick(address, 'reveal')
  }

  private readonly onDoubleClick = (event: MouseEvent) => {
    const address = clickedToken(event)
    if (address !== null) this.actions.pick(address, 'select')
  }

  /** The menu of the token under the pointer. The keyboard opens it at the grid, for the picked token. */
  private readonly onContextMenu = (event: MouseEvent) => {
    const { grid } = this
    if (grid === null) return
    const address = event.target === grid ? this.actions.picked : tokenUnder(event)
    if (address === null) delete grid.dataset.vscodeContext
    else setTokenContext(grid, this.inspection.id, address)
  }

  private readonly onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const handled = event.target === event.currentTarget ? this.moveRow(event.key) : this.moveInHeader(event)
    if (handled) event.preventDefault()
  }

  private moveRow(key: string): boolean {
    const { picked } = this.actions
    const rows = this.sorted.flat()
    const current = rows.findIndex((row) => picked !== null && isSameAddress(row, picked))
    if (key === 'Enter') {
      if (picked !== null) this.actions.pick(picked, 'select')
      return true
    }
    if (key === 'ArrowUp' && current <= 0) {
      this.headerButtons.at(0)?.focus()
      return true
    }
    const target = moveByKey(key, ROW_KEYS, {
      current,
      last: rows.length - 1,
      page: pageOf(this.rowsPerPage),
    })
    if (target === null) return false
    const { section, position } = elementAt(rows, target)
    this.actions.pick({ section, position }, 'reveal')
    return true
  }

  /** Left and right move between the headers and down returns to the rows. Enter clicks the header's button. */
  private moveInHeader({ key, target }: KeyboardEvent): boolean {
    const buttons = this.headerButtons
    const current = buttons.indexOf(target as HTMLButtonElement)
    if (key === 'ArrowDown') this.focusGrid()
    else if (key === 'ArrowRight') buttons.at(Math.min(buttons.length - 1, current + 1))?.focus()
    else if (key === 'ArrowLeft') buttons.at(Math.max(0, current - 1))?.focus()
    else return false
    return true
  }

  private get headerButtons(): HTMLButtonElement[] {
    const buttons = this.querySelector('.head')?.querySelectorAll<HTMLButtonElement>('button.sort')
    return [...(buttons ?? [])].filter((button) => button.offsetParent !== null)
  }

  private get rowHeight(): number {
    return this.querySelector<HTMLElement>('.head > .columns')?.offsetHeight ?? 1
  }

  private get headHeight(): number {
    return this.querySelector<HTMLElement>('.head')?.offsetHeight ?? 0
  }

  private get rowsPerPage(): number {
    return Math.floor(((this.grid?.clientHeight ?? 0) - this.headHeight) / this.rowHeight)
  }

  /**
   * Scrolls the picked row into view: as little as possible, or to the middle for what is new or far away. All rows have
   * the same height, so its offset is known before it is rendered.
   */
  private revealPicked(grid: HTMLElement, to: 'nearest' | 'middle'): void {
    const { picked, rowHeight } = this
    if (picked === null) return
    const rows = elementAt(this.sorted, picked.section)
    const rowIndex = rows.findIndex(({ position }) => position === picked.position)
    const heading = this.headingCount > 0 ? 1 : 0
    const top = this.sectionTop(grid, picked.section) + (heading + rowIndex) * rowHeight
    const { scrollTop, clientHeight } = grid
    // The row is visible for scroll offsets from `min` to `max`.
    const min = top + rowHeight - clientHeight
    const max = top - this.headHeight
    if (scrollTop >= min && scrollTop <= max) return
    const nearest = scrollTop < min ? min : max
    const isFar = Math.abs(nearest - scrollTop) > clientHeight
    // A whole number of rows, so that the header cuts none in half.
    const middle = Math.round((min + max) / 2 / rowHeight) * rowHeight
    grid.scrollTop = to === 'middle' || isFar ? middle : nearest
  }

  /** Offset of a section in pixels. The grid's children are the header and the sections. */
  private sectionTop(grid: HTMLElement, section: number): number {
    const element = grid.children.item(1 + section)
    return element instanceof HTMLElement ? element.offsetTop : 0
  }
}
