import { html, nothing, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js'

import type { Attribution } from '../../../../src/shared/contracts/engine/explanation'
import type { WhyWindow } from '../../../../src/shared/contracts/panel/why'
import { assertNever } from '../../../../src/shared/assertNever'
import { elementAt } from '../../../../src/shared/elementAt'
import { formatCount, formatDecimal, formatSigned } from '../../../../src/shared/text/format'
import {
  type ShareLabel,
  type ShareOrder,
  type ShareRow,
  visibleShares,
} from '../../../state/explanations/shares'
import { tokenTemplate } from '../../../tokens/pieces'
import type { TokenLabels } from '../../../tokens/tokenLabels'
import type { WhyController } from '../../../controllers/whyController'
import { LightElement } from '../../base/lightElement'
import { DOWN, moveByKey } from '../../base/moveByKey'
import { describePlace } from './places'
import { barScale, barTemplate } from '../../base/signedBar'

/** The parts of the logit as a tree with bars: components, heads, source positions. One tab stop. */
@customElement('logitscope-shares')
export class ShareTreeElement extends LightElement {
  @property({ attribute: false }) attribution!: Attribution
  @property({ attribute: false }) window!: WhyWindow
  @property({ attribute: false }) startToken = false
  @property({ attribute: false }) order!: ShareOrder
  /** Ids of the open rows. */
  @property({ attribute: false }) open: readonly string[] = []
  @property({ attribute: false }) labels!: TokenLabels
  /** The name of the sum, in the last line. */
  @property({ attribute: false }) totalName!: TemplateResult
  @property({ attribute: false }) why!: WhyController

  /** The row that the keys act on. */
  @state() private activeId: string | null = null

  private rows: readonly ShareRow[] = []

  protected override willUpdate(): void {
    const { attribution, window, order } = this
    this.rows = visibleShares(attribution, window, { order, open: new Set(this.open) })
  }

  protected override render(): TemplateResult {
    const scale = barScale(this.rows.map(({ value }) => value))
    const active = this.activeRow
    return html`<div
      class="shares"
      role="treegrid"
      tabindex="0"
      aria-label="Direct logit attribution"
      aria-activedescendant=${active === undefined ? nothing : domId(active)}
      @keydown=${this.onKeyDown}
      @click=${this.onClick}
    >
      ${repeat(
        this.rows,
        ({ id }) => id,
        (row) =>
          html`<div
            role="row"
            id=${domId(row)}
            class="share level${row.level} ${row === active ? 'active' : ''}"
            aria-level=${row.level}
            aria-posinset=${row.place}
            aria-setsize=${row.siblings}
            aria-expanded=${row.open ?? nothing}
            data-id=${row.id}
          >
            <span role="rowheader" class="name"
              ><span class="twistie"></span>${this.labelTemplate(row.label)}</span
            >
            <span role="gridcell" class="bar">${barTemplate(row.value, scale)}</span>
            <span role="gridcell" class="value">${formatSigned(row.value)}</span>
          </div>`,
      )}
      <div role="row" class="share total" aria-level="1">
        <span role="rowheader" class="name"><span class="twistie"></span><span>${this.totalName}</span></span>
        <span role="gridcell" class="dim">the sum, exactly</span>
        <span role="gridcell" class="value">${formatDecimal(this.attribution.total)}</span>
      </div>
    </div>`
  }

  private get activeRow(): ShareRow | undefined {
    return this.rows.find(({ id }) => id === this.activeId) ?? this.rows[0]
  }

  private labelTemplate(label: ShareLabel): unknown {
    switch (label.kind) {
      case 'name':
        return html`<span title=${label.description}>${label.name}</span>`
      case 'wte':
        return html`<span title="embedding of the last token · hook_embed"
          >wte[<code>${tokenTemplate(this.labels.piecesOf(label.tokenId))}</code>]</span
        >`
      case 'source': {
        const { window, startToken } = this
        const tokenId = elementAt(window.inputIds, label.row)
        return html`<code title=${this.labels.show(tokenId)}
            >${tokenTemplate(this.labels.piecesOf(tokenId))}</code
          ><small>${describePlace(label.row, { window, startToken })}</small>`
      }
      case 'rest':
        return html`<span class="dim"
          >${formatCount(label.count)} ${label.of === 'sources' ? 'other tokens' : 'smaller'}</span
        >`
      default:
        return assertNever(label)
    }
  }

  private readonly onClick = (event: MouseEvent) => {
    const id = event.target instanceof Element && event.target.closest<HTMLElement>('[data-id]')?.dataset.id
    const row = this.rows.find((shown) => shown.id === id)
    if (row === undefined) return
    this.activeId = row.id
    if (row.open !== null) this.why.setOpen(row.id, !row.open)
  }

  private readonly onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const { activeRow } = this
    if (activeRow === undefined || !this.act(event.key, activeRow)) return
    event.preventDefault()
  }

  /** Whether the key did something, or could have for another row. */
  private act(key: string, row: ShareRow): boolean {
    const index = this.rows.indexOf(row)
    const target = moveByKey(key, DOWN, { current: index, last: this.rows.length - 1 })
    if (target !== null) return this.activate(this.rows[target])
    switch (key) {
      case 'ArrowRight':
        if (row.open === false) this.why.setOpen(row.id, true)
        else if (row.open === true) this.activate(this.rows[index + 1])
        return true
      case 'ArrowLeft':
        if (row.open === true) this.why.setOpen(row.id, false)
        else this.activate(this.rows.find(({ id }) => id === row.parent))
        return true
      case 'Enter':
      case ' ':
        if (row.open !== null) this.why.setOpen(row.id, !row.open)
        return true
      default:
        return false
    }
  }

  private activate(row: ShareRow | undefined): boolean {
    if (row === undefined) return true
    this.activeId = row.id
    void this.updateComplete.then(() => {
      this.querySelector('.share.active')?.scrollIntoView({ block: 'nearest' })
    })
    return true
  }
}

function domId({ id }: ShareRow): string {
  return `share-${id}`
}
