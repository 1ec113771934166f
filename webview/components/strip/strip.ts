import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { map } from 'lit/directives/map.js'

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

/** The text itself, token by token. One picks by mouse here; the table is the keyboard's way. */
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
      const before = this.cuts[i] as SectionCuts | undefined
      return before?.tokens === tokens ? before : { tokens, at: cutsOf(tokens, this.labels) }
    })
    // The last row is `next`, which is no text.
    this.blocks = this.rows.map((rows, i) =>
      cutRows(rows.slice(0, -1), this.cuts[i].at, this.blocks[i] ?? []),
    )
  }

  protected override render(): TemplateResult {
    return html`<div
      class="strip-text"
      role="group"
      aria-label="The text, token by token"
      tabindex="0"
      @click=${this.onClick}
    >
      ${map(
        this.inspection.sections,
        (_, i) =>
          html`${this.titleTemplate(i)}
            <div class="running-text" data-section=${i}>
              ${map(
                this.blocks[i],
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
    const index = this.blocks[section].findIndex((block) => this.pickedIn(section, block) !== null)
    const block = this.querySelector(`[data-section="${section}"]`)?.children.item(index)
    block?.querySelector(`[data-position="${position}"]`)?.scrollIntoView({ block: 'nearest' })
  }

  private titleTemplate(section: number): TemplateResult | typeof nothing {
    const title = sectionTitle(this.inspection, section)
    return title === undefined ? nothing : html`<h2>${title}</h2>`
  }

  private pickedIn(section: number, block: RowBlock): number | null {
    if (this.picked?.section !== section || block.length === 0) return null
    const { position } = this.picked
    return position >= block[0].position && position <= block[block.length - 1].position ? position : null
  }

  private readonly onClick = (event: MouseEvent) => {
    const address = clickedToken(event)
    if (address !== null) this.actions.pick(address, 'select')
  }
}

interface SectionCuts {
  readonly tokens: readonly Token[]
  readonly at: readonly number[]
}

/** A block of text ends with a line, once it has this many tokens. */
const MIN_BLOCK_TOKENS = 48
/** A line longer than this is broken, so that no update is too long for a frame. */
const MAX_BLOCK_TOKENS = 768

function cutsOf(tokens: readonly Token[], labels: TokenLabels): number[] {
  const cuts: number[] = []
  let start = 0
  for (let i = 1; i < tokens.length; i++) {
    const length = i - start
    const endsLine =
      length >= MIN_BLOCK_TOKENS && labels.piecesOf(tokens[i - 1].tokenId).at(-1)?.kind === 'newline'
    const tooLong = length >= MAX_BLOCK_TOKENS && !tokens[i].partial
    if (!endsLine && !tooLong) continue
    cuts.push(i)
    start = i
  }
  return cuts
}
