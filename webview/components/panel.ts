import { html, nothing, type TemplateResult } from 'lit'
import { customElement, state } from 'lit/decorators.js'

import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import type { PanelController, PanelView } from '../controllers/controller'
import { BaselineViewStore } from '../state/comparison/baselineView'
import { ColouringStore } from '../state/rows/colouring'
import { colourBy, isBusy, isComparing, isReplaced } from '../state/inspection/panelState'
import { RowStore } from '../state/rows/rows'
import { type Place, TABS } from '../state/inspection/tabs'
import type { TokenLabels } from '../tokens/tokenLabels'
import { LightElement } from './base/lightElement'
import { detailTemplate } from './frame/detailPlace'
import { mainTemplate } from './frame/mainPlace'
import './frame/splitter'
import { headerTemplate } from './header/header'
import './header/keys'
import { noticeLines, noticePage } from './notices/notices'
import { legendTemplate } from './strip/legend'
import './strip/sparkline'
import './strip/strip'
import type { LensElement } from './lens/lens'
import type { TableElement } from './table/table'
import { tabId, tabPanelId } from './frame/tabList'

/** From this width on, both places of the work area are side by side. */
const TWO_COLUMNS_FROM_PX = 900

/** The whole panel. Renders the controller's state at most once per frame. */
@customElement('logitscope-panel')
export class PanelElement extends LightElement implements PanelView {
  @state() private twoColumns = false

  private controller: PanelController | undefined
  private readonly rowStore = new RowStore()
  private readonly colouringStore = new ColouringStore()
  private readonly baselineViews = new BaselineViewStore()
  private frame: number | undefined
  private tableWantsFocus = false
  private hadFocus = false
  private announcement = ''

  private readonly resizeObserver = new ResizeObserver(() => {
    this.twoColumns = this.clientWidth >= TWO_COLUMNS_FROM_PX
    this.controller?.why.follow()
  })

  /** Starts rendering the controller's state. Called once. */
  connect(controller: PanelController): void {
    this.controller = controller
    this.resizeObserver.observe(this)
    document.addEventListener('keydown', (event) => {
      this.onKeyDown(event, controller)
    })
    document.addEventListener('copy', (event) => {
      this.onCopy(event, controller)
    })
    // VS Code's Find leaves the page without a focused element when it closes.
    addEventListener('focus', () => {
      if (document.activeElement === document.body) this.focusTable()
    })
    this.stateChanged()
  }

  stateChanged(): void {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined
      this.requestUpdate()
    })
  }

  announce(text: string): void {
    this.announcement = text
    this.stateChanged()
  }

  shows(place: Place): boolean {
    return this.twoColumns || this.controller?.state.tabs.front === place
  }

  focusTable(): void {
    this.tableWantsFocus = true
    this.stateChanged()
  }

  protected override render(): TemplateResult | typeof nothing {
    const { controller } = this
    if (controller === undefined) return nothing
    const { inspection, labels, notice, keysShown } = controller.state
    return html`<div class="visually-hidden" role="status" aria-live="polite">${this.announcement}</div>
      ${
        inspection !== null && labels !== null
          ? this.inspectionTemplate(controller, inspection, labels)
          : noticePage(notice, controller)
      }
      ${keysShown ? html`<logitscope-keys .close=${this.closeKeys}></logitscope-keys>` : nothing}`
  }

  protected override willUpdate(): void {
    this.hadFocus = document.hasFocus() && this.contains(document.activeElement)
  }

  protected override updated(): void {
    this.placeSplitters()
    // The focused button was removed. Without a focused element no key would work, so the table gets the focus.
    if (this.hadFocus && document.activeElement === document.body) this.tableWantsFocus = true
    const view = this.tableWantsFocus ? this.mainView : null
    if (view === null) return
    this.tableWantsFocus = false
    void view.updateComplete.then(() => {
      view.focusGrid()
    })
  }

  private inspectionTemplate(
    controller: PanelController,
    inspection: Inspection,
    labels: TokenLabels,
  ): TemplateResult {
    const { state } = controller
    const { picked, previous, lens } = state
    const by = colourBy(state)
    const colouring = this.colouringStore.colouringOf(by, inspection)
    const rows = this.rowStore.rowsOf({ inspection, previous, lens: lens.rows })
    const view = { inspection, rows }
    const explained = state.side === 'shown' ? view : this.baselineViews.viewOf(view)
    const shown = { ...view, labels, colouring, explained }
    return html`<div class="frame ${isReplaced(state) ? 'replaced' : ''}">
      ${headerTemplate(state, inspection, { labels, actions: controller })}
      ${noticeLines(state, inspection, controller)}
      <logitscope-sparkline
        .sections=${inspection.sections}
        .rows=${rows}
        .colouring=${colouring}
        .labels=${labels}
        .picked=${picked}
        .actions=${controller}
      ></logitscope-sparkline>
      <section class="strip" aria-label="Text">
        ${legendTemplate(by, inspection)}
        <logitscope-strip
          .inspection=${inspection}
          .rows=${rows}
          .labels=${labels}
          .colouring=${colouring}
          .picked=${picked}
          .actions=${controller}
        ></logitscope-strip>
      </section>
      <logitscope-splitter
        .axis=${'y'}
        .label=${'Height of the text'}
        .boxIs=${'before'}
        .resize=${(stripHeight: number | null) => {
          controller.setLayout({ stripHeight })
        }}
        .store=${this.storeLayout}
      ></logitscope-splitter>
      <main class="work ${this.twoColumns ? 'columns' : ''}" @click=${this.onClickInWork}>
        ${this.twoColumns ? nothing : this.tabsTemplate(controller, ['main', 'detail'])}
        ${this.columnTemplate(controller, 'main', mainTemplate(controller, shown))}
        ${this.twoColumns ? this.columnSplitter(controller) : nothing}
        ${this.columnTemplate(controller, 'detail', detailTemplate(controller, shown))}
      </main>
    </div>`
  }

  /** The open view of a place. In one column only the place in front is visible; the other keeps its state. */
  private columnTemplate(controller: PanelController, place: Place, view: unknown): TemplateResult {
    const { tabs } = controller.state
    return html`<div class="column" data-place=${place} ?hidden=${!this.twoColumns && tabs.front !== place}>
      ${this.twoColumns ? this.tabsTemplate(controller, [place]) : nothing}
      <div class="view" role="tabpanel" id=${tabPanelId(tabs[place])} aria-labelledby=${tabId(tabs[place])}>
        ${view}
      </div>
    </div>`
  }

  private tabsTemplate(controller: PanelController, places: readonly Place[]): TemplateResult {
    const { tabs } = controller.state
    const [place] = places
    return html`<logitscope-tabs
      .tabs=${TABS.filter((tab) => places.includes(tab.place))}
      .selected=${tabs[places.length > 1 || place === undefined ? tabs.front : place]}
      .label=${places.length > 1 ? 'Views' : place === 'main' ? 'Views of the text' : 'Views of the picked token'}
      .open=${controller.openTab}
    ></logitscope-tabs>`
  }

  private columnSplitter(controller: PanelController): TemplateResult {
    return html`<logitscope-splitter
      .axis=${'x'}
      .label=${'Width of the prediction'}
      .boxIs=${'after'}
      .resize=${(detailWidth: number | null) => {
        controller.setLayout({ detailWidth })
      }}
      .store=${this.storeLayout}
    ></logitscope-splitter>`
  }

  /** Set from script, because the content security policy forbids style attributes. */
  private placeSplitters(): void {
    const frame = this.querySelector<HTMLElement>('.frame')
    const { stripHeight, detailWidth } = this.controller?.state.layout ?? {}
    setPixels(frame, '--strip-height', stripHeight)
    setPixels(frame, '--detail-width', detailWidth)
  }

  /** A click on an alternative, in any view, contrasts the picked token with it. The view has picked the row before. */
  private readonly onClickInWork = ({ target }: Event) => {
    const alternative = target instanceof Element ? target.closest<HTMLElement>('[data-alternative]') : null
    if (alternative === null || getSelection()?.isCollapsed === false) return
    this.controller?.contrastWith(Number(alternative.dataset.alternative))
  }

  private readonly storeLayout = () => {
    this.controller?.storeLayout()
  }

  /** The open view of the main place. */
  private get mainView(): TableElement | LensElement | null {
    return this.querySelector<TableElement | LensElement>('logitscope-table, logitscope-lens')
  }

  private onKeyDown(event: KeyboardEvent, controller: PanelController): void {
    const { keysShown } = controller.state
    const cancels = event.key === 'Escape' && !this.popoverIsOpen
    if (event.key === '?') {
      if (keysShown) this.closeKeys()
      else controller.openKeys()
    } else if (event.key === 'Escape' && keysShown) this.closeKeys()
    else if (cancels && isBusy(controller.state)) controller.run('cancelInspection')
    else if (cancels && isComparing(controller.state)) controller.run('cancelComparison')
  }

  private get popoverIsOpen(): boolean {
    return this.querySelector(':popover-open') !== null
  }

  private readonly closeKeys = () => {
    this.controller?.closeKeys()
    this.focusTable()
  }

  /** Copies the picked row if the table or the lens has the focus, unless text is selected. */
  private onCopy(event: ClipboardEvent, controller: PanelController): void {
    const { picked } = controller.state
    const textSelected = getSelection()?.isCollapsed === false
    if (picked === null || textSelected || this.mainView?.contains(document.activeElement) !== true) return
    event.preventDefault()
    controller.copyRow(picked)
  }
}

function setPixels(frame: HTMLElement | null, property: string, pixels: number | null | undefined): void {
  if (pixels === null || pixels === undefined) frame?.style.removeProperty(property)
  else frame?.style.setProperty(property, `${pixels}px`)
}
