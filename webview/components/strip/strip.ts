import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { map } from 'lit/directives/map.js'

import { elementAt } from '../../../src/shared/elementAt'
import type { Metric } from '../../../src/shared/numbers/metrics'
import type { Inspection, Token } from '../../../src/shared/contracts/prediction'
import type { TokenAddress } from '../../../src/shared/contracts/protocol'
import type { PanelActions } from '../../controller'
import { cutRows, type RowBlock } from '../../state/rows'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { clickedToken } from '../base/clickedToken'
import { LightElement } from '../base/lightElement'
import { sectionTitle } from '../base/sectionTitle'
import './stripBlock'

/** The running text with coloured tokens. A click picks a token; the keyboard picks in the table. */
@customElement('logitscope-strip')
export class StripElement extends LightElement {
  @property({ attribute: false }) inspection!: Inspection
  @property({ attribute: false }) rows: readonly RowBlock[] = []
  @property({ attribute: false }) labels!: TokenLabels
  @property({ attribute: false }) metric!: Metric
  @property({ attribute: false }) picked: TokenAddress | null = null
  @property({ attribute: false }) actions!: PanelActions

  private cuts: readonly SectionCuts[] = []
  private blocks: readonly (readonly RowBlock[])[] = []

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('rows') && !changed.has('labels')) return
    this.cuts = this.inspection.sections.map(({ tokens }, i) => {
      const before = this.cuts[i]
      return before?.tokens === tokens ? before : { tokens, at: cutsOf(tokens, this.labels) }
    })
    // Without the last row, `next`, which is not text.
    this.blocks = this.rows.map((rows, i) =>
      cutRows(rows.slice(0, -1), elementAt(this.cuts, i).at, this.blocks[i] ?? []),
    )
  }

  protected override render(): TemplateResult {
    return html`<div
      class="strip-text"
      role="group"
      aria-label="Text by token"
      tabindex="0"
      @click=${this.onClick}
    >
      ${map(
        this.inspection.sections,
        (_, i) =>
          html`${this.titleTemplate(i)}
            <div class="running-text" data-section=${i}>
              ${map(
                elementAt(this.blocks, i),
                (block) =>
                  html`<logitscope-strip-block
                    .rows=${block}
                    .labels=${this.labels}
                    .metric=${this.metric}
                    .pickedPosition=${this.pickedIn(i, block)}
                  ></logitscope-strip-block>`,
              )}
            </div>`,
      )}
    </div>`
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('picked') || this.picked === null) return
    const { section, position } = this.picked
    const index = elementAt(this.blocks, section).findIndex((block) => this.pickedIn(section, block) !== null)
    const block = this.querySelector(`[data-section="${section}"]`)?.children.item(index)
    block?.querySelector(`[data-position="${position}"]`)?.scrollIntoView({ block: 'nearest' })
  }

  private titleTemplate(section: number): TemplateResult | typeof nothing {
    const title = sectionTitle(this.inspection, section)
    return title === undefined ? nothing : html`<h2>${title}</h2>`
  }

  private pickedIn(section: number, block: RowBlock): number | null {
    const [first, last] = [block.at(0), block.at(-1)]
    if (this.picked?.section !== section || first === undefined || last === undefined) return null
    const { position } = this.picked
    return position >= first.position && position <= last.position ? position : null
  }

  private readonly onClick = (event: MouseEvent) => {
    const address = clickedToken(event)
    if (address !== null) this.actions.pick(address, 'select')
  }
}

/** Where a section's text is cut into blocks, kept as long as its tokens are the same. */
interface SectionCuts {
  readonly tokens: readonly Token[]
  readonly at: readonly number[]
}

/** A block ends at the first line end after this many tokens. */
const MIN_BLOCK_TOKENS = 48
/** A block ends here even inside a line, so that updating one block fits into a frame. */
const MAX_BLOCK_TOKENS = 768

function cutsOf(tokens: readonly Token[], labels: TokenLabels): number[] {
  const cuts: number[] = []
  let start = 0
  for (const [i, { partial }] of tokens.entries()) {
    const length = i - start
    const afterNewline =
      length >= MIN_BLOCK_TOKENS &&
      labels.piecesOf(elementAt(tokens, i - 1).tokenId).at(-1)?.kind === 'newline'
    const tooLong = length >= MAX_BLOCK_TOKENS && !partial
    if (!afterNewline && !tooLong) continue
    cuts.push(i)
    start = i
  }
  return cuts
}
