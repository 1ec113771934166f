import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { map } from 'lit/directives/map.js'

import { elementAt } from '../../../src/shared/elementAt'
import { tokenCount } from '../../../src/shared/numbers/summary'
import { isCompared, sideNames } from '../../../src/shared/text/comparisonText'
import type { BaselineOnlyTokens } from '../../../src/shared/contracts/panel/comparison'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import type { Token } from '../../../src/shared/contracts/engine/prediction'
import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import type { PanelActions } from '../../controllers/controller'
import { fromFlatIndex, toFlatIndex } from '../../state/rows/addresses'
import type { Colouring } from '../../state/rows/colouring'
import { cutRows, type RowBlock } from '../../state/rows/rows'
import { setTokenContext } from '../../tokens/tokenContext'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { clickedToken, tokenUnder } from '../base/clickedToken'
import { LightElement } from '../base/lightElement'
import { ACROSS, moveByKey } from '../base/moveByKey'
import { sectionTitle } from '../base/sectionTitle'
import { type Insertion, insertionsIn, NO_INSERTIONS } from './insertion'
import { LineScroll } from './lineScroll'
import './stripBlock'
import { StripBlockElement } from './stripBlock'
import { spanId } from './stripSpan'
import { blockStarts, estimateLines } from './textBlocks'

/** The running text with coloured tokens, in whole lines. It is one tab stop, and its arrow keys move the pick. */
@customElement('logitscope-strip')
export class StripElement extends LightElement {
  @property({ attribute: false }) inspection!: Inspection
  @property({ attribute: false }) rows: readonly RowBlock[] = []
  @property({ attribute: false }) labels!: TokenLabels
  @property({ attribute: false }) colouring!: Colouring
  @property({ attribute: false }) picked: TokenAddress | null = null
  @property({ attribute: false }) actions!: PanelActions

  private cuts: readonly SectionCuts[] = []
  private blocks: readonly (readonly RowBlock[])[] = []
  private insertions: readonly SectionInsertions[] = []
  private lineScroll: LineScroll | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    void this.updateComplete.then(() => {
      const { box } = this
      if (box === null || !this.isConnected) return
      this.lineScroll ??= new LineScroll(box)
      this.reveal()
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.lineScroll?.dispose()
    this.lineScroll = undefined
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('rows') && !changed.has('labels') && !changed.has('inspection')) return
    this.cuts = this.inspection.sections.map(({ tokens }, i) => {
      const before = this.cuts[i]
      return before?.tokens === tokens ? before : cutsOf(tokens, this.labels)
    })
    // Without the last row, `next`, which is not text.
    this.blocks = this.rows.map((rows, i) =>
      cutRows(rows.slice(0, -1), elementAt(this.cuts, i).starts, this.blocks[i] ?? []),
    )
    this.updateInsertions()
  }

  /** The insertions of each section's blocks, the same lists as long as the comparison's are. */
  private updateInsertions(): void {
    const { inspection } = this
    const side = isCompared(inspection) ? sideNames(inspection).baseline : ''
    this.insertions = (inspection.comparison?.sections ?? []).map(({ baselineOnly }, i) => {
      const cuts = elementAt(this.cuts, i)
      const before = this.insertions[i]
      const isSame = before?.source === baselineOnly && before.cuts === cuts && before.side === side
      return isSame ? before : insertionsOf(baselineOnly, cuts, side)
    })
  }

  protected override render(): TemplateResult {
    return html`<div
      class="strip-text"
      role="listbox"
      aria-label="Text by token"
      aria-orientation="horizontal"
      aria-activedescendant=${this.picked === null ? nothing : spanId(this.picked)}
      tabindex="0"
      @mousedown=${this.onMouseDown}
      @click=${this.onClick}
      @dblclick=${this.onDoubleClick}
      @contextmenu=${this.onContextMenu}
      @keydown=${this.onKeyDown}
    >
      ${map(this.blocks, (_, section) => this.sectionTemplate(section))}
    </div>`
  }

  protected override updated(changed: PropertyValues<this>): void {
    const isOther = changed.has('inspection') && changed.get('inspection')?.id !== this.inspection.id
    if (changed.has('picked') || isOther) this.reveal()
  }

  private sectionTemplate(section: number): TemplateResult {
    const title = sectionTitle(this.inspection, section)
    return html`<div role="group" aria-label=${title ?? nothing}>
      ${title === undefined ? nothing : html`<h2 aria-hidden="true">${title}</h2>`}
      <div class="running-text" data-section=${section}>
        ${map(
          elementAt(this.blocks, section),
          (block, i) =>
            html`<logitscope-strip-block
              .estimatedLines=${elementAt(elementAt(this.cuts, section).lines, i)}
              .rows=${block}
              .labels=${this.labels}
              .colouring=${this.colouring}
              .insertions=${this.insertions[section]?.blocks[i] ?? NO_INSERTIONS}
              .pickedPosition=${this.pickedIn(section, block)}
            ></logitscope-strip-block>`,
        )}
      </div>
    </div>`
  }

  private get box(): HTMLElement | null {
    return this.querySelector<HTMLElement>('.strip-text')
  }

  /** Scrolls the picked token into view. */
  private reveal(): void {
    const block = this.pickedBlock()
    if (block === null) return
    // The block may be far from what is visible and not rendered yet.
    block.setOnScreen(true)
    void block.updateComplete.then(() => {
      this.lineScroll?.reveal(() => [...block.querySelectorAll('.picked')])
    })
  }

  private pickedBlock(): StripBlockElement | null {
    if (this.picked === null) return null
    const { section } = this.picked
    const index = elementAt(this.blocks, section).findIndex((block) => this.pickedIn(section, block) !== null)
    const block = this.querySelector(`[data-section="${section}"]`)?.children.item(index)
    return block instanceof StripBlockElement ? block : null
  }

  private pickedIn(section: number, block: RowBlock): number | null {
    const [first, last] = [block.at(0), block.at(-1)]
    if (this.picked?.section !== section || first === undefined || last === undefined) return null
    const { position } = this.picked
    return position >= first.position && position <= last.position ? position : null
  }

  /** A double click selects a token in the editor, so it must not select a word in the panel. */
  private readonly onMouseDown = (event: MouseEvent) => {
    if (event.detail > 1) event.preventDefault()
  }

  /** Picks the clicked token; of tokens that share the clicked character the first one, then the next with each click. */
  private readonly onClick = (event: MouseEvent) => {
    const address = clickedToken(event)
    // The second click of a double click, which selects what the first one has picked.
    if (address === null || event.detail === 2) return
    this.actions.pick(nextOfShared(event, address, this.actions.picked), 'reveal')
  }

  private readonly onDoubleClick = (event: MouseEvent) => {
    const { picked } = this.actions
    if (picked !== null && clickedToken(event) !== null) this.actions.pick(picked, 'select')
  }

  /** The menu of the token under the pointer. The keyboard opens it at the box, for the picked token. */
  private readonly onContextMenu = (event: MouseEvent) => {
    const { box } = this
    if (box === null) return
    const address = event.target === box ? this.actions.picked : tokenUnder(event)
    if (address === null) delete box.dataset.vscodeContext
    else setTokenContext(box, this.inspection.id, address)
  }

  private readonly onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const { sections } = this.inspection
    const last = tokenCount(sections) - 1
    const { picked } = this.actions
    if (last < 0) return
    if (event.key === 'Enter' && picked !== null) this.actions.pick(picked, 'select')
    else {
      const current = picked === null ? 0 : toFlatIndex(sections, picked)
      const target = moveByKey(event.key, ACROSS, { current, last })
      if (target === null) return
      this.actions.pick(fromFlatIndex(sections, target), 'reveal')
    }
    event.preventDefault()
  }
}

/** Where a section's text is cut into blocks, kept as long as its tokens are the same. */
interface SectionCuts {
  readonly tokens: readonly Token[]
  readonly starts: readonly number[]
  /** Roughly how many lines each block has. */
  readonly lines: readonly number[]
}

function cutsOf(tokens: readonly Token[], labels: TokenLabels): SectionCuts {
  const starts = blockStarts(tokens, labels)
  const lines = [0, ...starts].map((start, i) => estimateLines(tokens.slice(start, starts[i]), labels))
  return { tokens, starts, lines }
}

/** A section's text of the baseline, cut as its blocks are. */
interface SectionInsertions {
  readonly source: readonly BaselineOnlyTokens[]
  readonly cuts: SectionCuts
  readonly side: string
  readonly blocks: readonly (readonly Insertion[])[]
}

function insertionsOf(
  source: readonly BaselineOnlyTokens[],
  cuts: SectionCuts,
  side: string,
): SectionInsertions {
  const insertions = source.map((tokens) => ({ ...tokens, side }))
  const blocks = [0, ...cuts.starts].map((start, i) => {
    const end = cuts.starts[i] ?? cuts.tokens.length
    return insertionsIn(insertions, { start, end, isLast: i === cuts.starts.length })
  })
  return { source, cuts, side, blocks }
}

function nextOfShared({ target }: Event, first: TokenAddress, picked: TokenAddress | null): TokenAddress {
  const span = target instanceof Element ? target.closest<HTMLElement>('[data-last]') : null
  const last = span === null ? first.position : Number(span.dataset.last)
  const isInside = picked?.section === first.section && picked.position >= first.position
  return isInside && picked.position < last ? { ...first, position: picked.position + 1 } : first
}
