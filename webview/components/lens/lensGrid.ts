import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js'

import type { ComparisonSide } from '../../../src/shared/contracts/panel/comparison'
import { LensRows } from '../../../src/shared/contracts/panel/lensRows'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import { describeLayer, layerName } from '../../../src/shared/text/layerNames'
import type { PanelActions } from '../../controllers/controller'
import type { Colouring } from '../../state/rows/colouring'
import type { LensCells } from '../../state/explanations/lensCells'
import type { Row, RowBlock } from '../../state/rows/rows'
import { setTokenContext } from '../../tokens/tokenContext'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { clickedToken, tokenUnder } from '../base/clickedToken'
import { LightElement } from '../base/lightElement'
import { lensCellId, lensCellTemplate } from './lensCell'
import { inputTemplate, targetTemplate } from './lensHead'
import { cellTarget, type LensPlace } from './lensKeys'
import { revealingOffset, type ScrolledAxis, type Span, visibleSpan } from './visibleSpan'

/** Cells that are rendered beyond each edge, so that scrolling shows no gaps. */
const MARGIN = 4
const NOTHING_VISIBLE: Span = { first: 0, end: 0 }

/**
 * The grid of the lens: layers down, tokens across. All cells have the same size, and only those near the visible part
 * exist. The grid is a single tab stop; the picked cell is its active descendant.
 */
@customElement('logitscope-lens-grid')
export class LensGridElement extends LightElement {
  @property({ attribute: false }) inspection!: Inspection
  /** The side that inspection and rows are of. */
  @property({ attribute: false }) side: ComparisonSide = 'shown'
  @property({ attribute: false }) section = 0
  /** The rows of the section, one for each column. */
  @property({ attribute: false }) rows: RowBlock = []
  @property({ attribute: false }) labels!: TokenLabels
  @property({ attribute: false }) colouring!: Colouring
  @property({ attribute: false }) lensRows = LensRows.EMPTY
  @property({ attribute: false }) cells!: LensCells
  @property({ attribute: false }) pickedPosition: number | null = null
  /** The layer that is shown. */
  @property({ attribute: false }) layer = 0
  @property({ attribute: false }) actions!: PanelActions

  @state() private columns = NOTHING_VISIBLE
  @state() private layers = NOTHING_VISIBLE

  /** The columns that are visible at least in part. */
  private visible = NOTHING_VISIBLE
  /** The picked cell was to be revealed while the grid was in a closed tab, where nothing can be scrolled. */
  private revealsWhenShown = true
  private readonly sizeObserver = new ResizeObserver(() => {
    const { pickedPosition, visible } = this
    // In a box of another size, a picked cell that was visible stays visible.
    if (this.revealsWhenShown || (pickedPosition !== null && isIn(visible, pickedPosition))) this.reveal()
    this.measure()
  })

  /** Gives the keyboard focus to the grid. */
  focusGrid(): void {
    this.grid?.focus({ preventScroll: true })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.sizeObserver.disconnect()
    this.actions.lens.show(null)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.revealsWhenShown = true
    void this.updateComplete.then(() => {
      for (const element of this.querySelectorAll('.lens, .lens-sample')) this.sizeObserver.observe(element)
    })
  }

  protected override render(): TemplateResult {
    const { nLayer, rows } = this
    const shown = rows.slice(this.columns.first, this.columns.end)
    const { first } = this.layers
    // The other side may have fewer layers than were measured.
    const end = Math.max(first, Math.min(this.layers.end, nLayer + 1))
    return html`<span class="lens-sample lens-cell" aria-hidden="true"></span>
      <div
        role="grid"
        class="lens"
        tabindex="0"
        aria-label="Most likely token after each layer"
        aria-rowcount=${nLayer + 3}
        aria-colcount=${rows.length + 1}
        aria-activedescendant=${this.activeCell ?? nothing}
        data-section=${this.section}
        @scroll=${this.measure}
        @keydown=${this.onKeyDown}
        @mousedown=${this.onMouseDown}
        @click=${this.onClick}
        @dblclick=${this.onDoubleClick}
        @contextmenu=${this.onContextMenu}
      >
        <div role="rowgroup" class="lens-head">
          ${this.headTemplate('input', shown, inputTemplate)}
          ${this.headTemplate('target', shown, targetTemplate)}
        </div>
        <div role="rowgroup" class="lens-body">
          ${Array.from({ length: end - first }, (_, i) => this.layerTemplate(first + i, shown))}
        </div>
      </div>`
  }

  protected override updated(changed: PropertyValues<this>): void {
    this.style.setProperty('--columns', String(this.rows.length))
    this.style.setProperty('--layers', String(this.nLayer + 1))
    this.style.setProperty('--first-column', String(this.columns.first))
    this.style.setProperty('--first-layer', String(this.layers.first))
    if (changed.has('pickedPosition') || changed.has('layer') || changed.has('section')) this.reveal()
    if (changed.has('rows') || changed.has('inspection')) this.measure()
  }

  private headTemplate(
    name: 'input' | 'target',
    shown: readonly Row[],
    cellTemplate: typeof inputTemplate,
  ): TemplateResult {
    return html`<div role="row" class="lens-row ${name}" aria-rowindex=${name === 'input' ? 1 : 2}>
      <span role="columnheader" class="lens-label" aria-colindex="1" title=${HEAD_TITLES[name]}>${name}</span>
      <span role="presentation" class="lens-cells">
        ${repeat(
          shown,
          ({ position }) => position,
          (row) => cellTemplate(row, this),
        )}
      </span>
    </div>`
  }

  private layerTemplate(layer: number, shown: readonly Row[]): TemplateResult {
    const { nLayer, cells, labels, pickedPosition, lensRows } = this
    const isInShownRow = layer === this.layer
    return html`<div role="row" class="lens-row" aria-rowindex=${layer + 3}>
      <span
        role="rowheader"
        class="lens-label ${isInShownRow ? 'in-row' : ''}"
        aria-colindex="1"
        title=${describeLayer(layer, nLayer)}
        data-layer=${layer}
        >${layerName(layer, nLayer)}</span
      >
      <span role="presentation" class="lens-cells">
        ${repeat(
          shown,
          ({ position }) => position,
          (row) =>
            lensCellTemplate({
              row,
              lensRow: lensRows.at(row),
              layer,
              nLayer,
              cells,
              labels,
              isInPickedColumn: row.position === pickedPosition,
              isInShownRow,
            }),
        )}
      </span>
    </div>`
  }

  private get nLayer(): number {
    return this.inspection.model.nLayer
  }

  private get grid(): HTMLElement | null {
    return this.querySelector<HTMLElement>('.lens')
  }

  /** The id of the picked cell; null while it is not rendered. */
  private get activeCell(): string | null {
    const { pickedPosition, columns, layers, layer, section } = this
    if (pickedPosition === null || !isIn(columns, pickedPosition) || !isIn(layers, layer)) return null
    return lensCellId({ section, position: pickedPosition }, layer)
  }

  /** Both axes; null while the grid is not on the screen. */
  private axes(): { readonly columns: ScrolledAxis; readonly layers: ScrolledAxis } | null {
    const { grid } = this
    const head = this.querySelector<HTMLElement>('.lens-head')
    const label = this.querySelector<HTMLElement>('.lens-label')
    const sample = this.querySelector<HTMLElement>('.lens-sample')
    if (grid === null || head === null || label === null || sample === null || grid.clientWidth === 0)
      return null
    return {
      columns: {
        count: this.rows.length,
        itemSize: sample.offsetWidth,
        scrolled: grid.scrollLeft,
        boxSize: grid.clientWidth - label.offsetWidth,
      },
      layers: {
        count: this.nLayer + 1,
        itemSize: sample.offsetHeight,
        scrolled: grid.scrollTop,
        boxSize: grid.clientHeight - head.offsetHeight,
      },
    }
  }

  /** Finds out which cells to render, and tells which columns are visible. */
  private readonly measure = (): void => {
    const axes = this.axes()
    if (axes === null) {
      this.actions.lens.show(null)
      return
    }
    this.columns = sameOrNew(this.columns, visibleSpan(axes.columns, MARGIN))
    this.layers = sameOrNew(this.layers, visibleSpan(axes.layers, MARGIN))
    this.visible = visibleSpan(axes.columns, 0)
    this.actions.lens.show({ section: this.section, from: this.visible.first, end: this.visible.end })
  }

  /** Scrolls the picked cell into view. All cells have the same size, so its place is known before it is rendered. */
  private reveal(): void {
    const { grid, pickedPosition } = this
    const axes = this.axes()
    this.revealsWhenShown = axes === null
    if (grid === null || axes === null || pickedPosition === null) return
    grid.scrollLeft = revealingOffset(axes.columns, pickedPosition)
    grid.scrollTop = revealingOffset(axes.layers, this.layer)
    this.measure()
  }

  private pick({ position, layer }: LensPlace, how: 'reveal' | 'select'): void {
    const { section, nLayer, actions } = this
    actions.pick({ section, position }, how)
    actions.explain({ layer: layer === nLayer ? null : layer })
  }

  /** The layer of the cell or name under the pointer; elsewhere the one that is shown. */
  private layerUnder({ target }: Event): number {
    const element = target instanceof Element ? target.closest<HTMLElement>('[data-layer]') : null
    return element === null ? this.layer : Number(element.dataset.layer)
  }

  /** A double click selects a token in the editor, so it must not select a word in the grid. */
  private readonly onMouseDown = (event: MouseEvent) => {
    if (event.detail > 1) event.preventDefault()
  }

  private readonly onClick = (event: MouseEvent) => {
    const position = clickedToken(event)?.position ?? this.pickedPosition
    if (position !== null) this.pick({ position, layer: this.layerUnder(event) }, 'reveal')
  }

  private readonly onDoubleClick = (event: MouseEvent) => {
    const address = clickedToken(event)
    if (address !== null) this.actions.pick(address, 'select')
  }

  /** The menu of the token under the pointer. The keyboard opens it at the grid, for the picked token. */
  private readonly onContextMenu = (event: MouseEvent) => {
    const { grid, actions, inspection, side } = this
    if (grid === null) return
    const address = event.target === grid ? actions.picked : tokenUnder(event)
    if (address === null) delete grid.dataset.vscodeContext
    else setTokenContext(grid, inspection.id, { ...address, panelView: 'lens', side })
  }

  private readonly onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const { picked } = this.actions
    if (event.key === 'Enter') {
      if (picked !== null) this.actions.pick(picked, 'select')
    } else {
      const axes = this.axes()
      const current = { position: picked?.position ?? 0, layer: this.actions.lens.layer ?? this.nLayer }
      const target = cellTarget(event.key, current, {
        lastPosition: this.rows.length - 1,
        lastLayer: this.nLayer,
        columnsPerPage: axes === null ? 1 : Math.floor(axes.columns.boxSize / axes.columns.itemSize),
      })
      if (target === null) return
      this.pick(target, 'reveal')
    }
    event.preventDefault()
  }
}

const HEAD_TITLES = {
  input: 'The last token that the model has read',
  target: 'The token that comes next, coloured as in the text',
} as const

function isIn({ first, end }: Span, index: number): boolean {
  return index >= first && index < end
}

/** The old span if both are equal, so that nothing is rendered again. */
function sameOrNew(before: Span, now: Span): Span {
  return before.first === now.first && before.end === now.end ? before : now
}
