import { html, nothing, type TemplateResult } from 'lit'
import { customElement } from 'lit/decorators.js'

import type { Inspection } from '../../src/shared/contracts/prediction'
import type { PanelController, PanelView } from '../controller'
import { RowStore } from '../state/rows'
import type { TokenLabels } from '../tokens/tokenLabels'
import './detail/detail'
import { headerTemplate } from './header/header'
import './header/keys'
import { legendTemplate } from './header/legend'
import { LightElement } from './base/lightElement'
import { inspectionNoticeTemplate, panelNoticeTemplate, precisionCostTemplate } from './header/notices'
import './strip/sparkline'
import './strip/strip'
import './table/table'
import type { TableElement } from './table/table'

/** The whole panel. Renders the controller's state at most once per frame. */
@customElement('logitscope-panel')
export class PanelElement extends LightElement implements PanelView {
  private controller: PanelController | undefined
  private readonly rowStore = new RowStore()
  private frame: number | undefined
  private tableWantsFocus = false
  private hadFocus = false
  private announcement = ''

  /** Starts rendering the controller's state. Called once. */
  connect(controller: PanelController): void {
    this.controller = controller
    document.addEventListener('keydown', (event) => {
      this.onKeyDown(event, controller)
    })
    document.addEventListener('copy', (event) => {
      this.onCopy(event, controller)
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

  focusTable(): void {
    this.tableWantsFocus = true
    this.stateChanged()
  }

  protected override render(): TemplateResult | typeof nothing {
    const { controller } = this
    if (controller === undefined) return nothing
    const { inspection, labels, notice, keysShown } = controller.state
    const shown = inspection !== null && labels !== null
    return html`<div class="visually-hidden" role="status" aria-live="polite">${this.announcement}</div>
      ${panelNoticeTemplate(notice, shown ? 'notice' : 'page', controller)}
      ${shown ? this.inspectionTemplate(controller, inspection, labels) : nothing}
      ${keysShown ? html`<logitscope-keys .close=${this.closeKeys}></logitscope-keys>` : nothing}`
  }

  protected override willUpdate(): void {
    this.hadFocus = document.hasFocus() && this.contains(document.activeElement)
  }

  protected override updated(): void {
    // The focused button was removed. Without a focused element no key would work, so the table gets the focus.
    if (this.hadFocus && document.activeElement === document.body) this.tableWantsFocus = true
    const table = this.tableWantsFocus ? this.table : null
    if (table === null) return
    this.tableWantsFocus = false
    void table.updateComplete.then(() => {
      table.focusGrid()
    })
  }

  private inspectionTemplate(
    controller: PanelController,
    inspection: Inspection,
    labels: TokenLabels,
  ): TemplateResult {
    const { metric, picked, columns, sort, scroll, fullRow, topK, sampling } = controller.state
    const rows = this.rowStore.rowsOf(inspection)
    const { sections } = inspection
    return html`${headerTemplate(inspection, metric, controller)}
      ${inspectionNoticeTemplate(inspection, controller.state, controller)}
      ${precisionCostTemplate(inspection, controller)}
      <logitscope-sparkline
        .sections=${sections}
        .metric=${metric}
        .labels=${labels}
        .picked=${picked}
        .actions=${controller}
      ></logitscope-sparkline>
      <section class="strip" aria-label="Text">
        ${legendTemplate(metric, inspection)}
        <logitscope-strip
          .inspection=${inspection}
          .rows=${rows}
          .labels=${labels}
          .metric=${metric}
          .picked=${picked}
          .actions=${controller}
        ></logitscope-strip>
      </section>
      <main>
        <logitscope-table
          .inspection=${inspection}
          .rows=${rows}
          .labels=${labels}
          .metric=${metric}
          .columns=${columns}
          .sort=${sort}
          .picked=${picked}
          .initialScroll=${scroll}
          .actions=${controller}
        ></logitscope-table>
        ${
          picked === null
            ? nothing
            : html`<logitscope-detail
                .inspection=${inspection}
                .picked=${picked}
                .fullRow=${fullRow}
                .labels=${labels}
                .topK=${topK}
                .sampling=${sampling}
                .actions=${controller}
              ></logitscope-detail>`
        }
      </main>`
  }

  private get table(): TableElement | null {
    return this.querySelector<TableElement>('logitscope-table')
  }

  private onKeyDown(event: KeyboardEvent, controller: PanelController): void {
    const { inspection, notice, keysShown } = controller.state
    const busy = notice?.kind === 'preparing' || inspection?.state.kind === 'running'
    if (event.key === '?') {
      if (keysShown) this.closeKeys()
      else controller.openKeys()
    } else if (event.key === 'Escape' && keysShown) this.closeKeys()
    else if (event.key === 'Escape' && busy) controller.run('cancelInspection')
  }

  private readonly closeKeys = () => {
    this.controller?.closeKeys()
    this.focusTable()
  }

  /** Copies the picked row if the table has the focus, unless text is selected. */
  private onCopy(event: ClipboardEvent, controller: PanelController): void {
    const { picked } = controller.state
    const textSelected = getSelection()?.isCollapsed === false
    if (picked === null || textSelected || this.table?.contains(document.activeElement) !== true) return
    event.preventDefault()
    controller.copyRow(picked)
  }
}
