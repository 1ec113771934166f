import { html, nothing, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'

import type { ComparisonSide } from '../../../src/shared/contracts/panel/comparison'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import { elementAt } from '../../../src/shared/elementAt'
import type { PanelActions } from '../../controllers/controller'
import type { Colouring } from '../../state/rows/colouring'
import { lensRowsOf, type LensState } from '../../state/explanations/lens'
import { LENS_CELLS, LENS_SCALES } from '../../state/explanations/lensCells'
import type { RowBlock } from '../../state/rows/rows'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { sideSwitchTemplate } from '../base/comparedSide'
import { LightElement } from '../base/lightElement'
import { sectionTitle } from '../base/sectionTitle'
import { layerTableTemplate } from './layerTable'
import './lensGrid'
import type { LensGridElement } from './lensGrid'
import { lensStatusTemplate } from './lensStatus'

/** The tab Lens: what every layer predicts for each token of a section, and all layers of the picked token. */
@customElement('logitscope-lens')
export class LensElement extends LightElement {
  @property({ attribute: false }) inspection!: Inspection
  /** The rows of each section. */
  @property({ attribute: false }) rows!: readonly RowBlock[]
  @property({ attribute: false }) labels!: TokenLabels
  @property({ attribute: false }) colouring!: Colouring
  @property({ attribute: false }) lens!: LensState
  /** The side that inspection and rows are of. */
  @property({ attribute: false }) side: ComparisonSide = 'shown'
  @property({ attribute: false }) picked: TokenAddress | null = null
  /** The layer that is shown; null for the output. */
  @property({ attribute: false }) layer: number | null = null
  @property({ attribute: false }) actions!: PanelActions

  /** Gives the keyboard focus to the grid. */
  focusGrid(): void {
    const grid = this.querySelector<LensGridElement>('logitscope-lens-grid')
    void grid?.updateComplete.then(() => {
      grid.focusGrid()
    })
  }

  protected override render(): TemplateResult {
    const { inspection, labels, lens, side, picked, actions } = this
    const lensRows = lensRowsOf(lens, side)
    const section = picked?.section ?? 0
    const layer = this.layer ?? inspection.model.nLayer
    const rows = elementAt(this.rows, section)
    const row = picked === null ? null : elementAt(rows, picked.position)
    return html`<div class="lens-view">
      ${this.toolbarTemplate(section)}
      <logitscope-lens-grid
        .inspection=${inspection}
        .side=${side}
        .section=${section}
        .rows=${rows}
        .labels=${labels}
        .colouring=${this.colouring}
        .lensRows=${lensRows}
        .cells=${lens.cells}
        .pickedPosition=${picked?.position ?? null}
        .layer=${layer}
        .actions=${actions}
      ></logitscope-lens-grid>
      <section class="layers" tabindex="0" aria-label="Layers of the picked token">
        ${lensStatusTemplate(lens.progress, actions)}
        ${row === null ? nothing : layerTableTemplate(row, { inspection, labels, lensRows, layer, actions })}
      </section>
    </div>`
  }

  private sideTemplate(): unknown {
    const { inspection, side, actions } = this
    const hasBaseline = (inspection.comparison?.models ?? null) !== null
    return sideSwitchTemplate({ inspection, what: 'Layers of', id: 'lens', side, hasBaseline, actions })
  }

  private toolbarTemplate(section: number): TemplateResult {
    const { inspection, lens } = this
    const { label, colour, steps } = LENS_SCALES[lens.cells]
    const title = sectionTitle(inspection, section)
    return html`<div class="toolbar">
      ${title === undefined ? nothing : html`<b>${title}</b>`}
      <label
        ><span class="dim label-text">Cells by</span>
        <select @change=${this.onCellsChange}>
          ${LENS_CELLS.map(
            (cells) =>
              html`<option value=${cells} ?selected=${cells === lens.cells}>
                ${LENS_SCALES[cells].label}
              </option>`,
          )}
        </select></label
      >
      ${this.sideTemplate()}
      <div class="keys-of-cells">
        <div class="legend" role="group" aria-label="Legend: ${label}">
          ${steps.map((step, i) => html`<span class="token ${colour}${i + 1}">${step}</span>`)}
        </div>
        <span class="grow"></span>
        ${
          inspection.model.precision === 'int8'
            ? html`<span class="dim" title="The layers are those of the int8 model, which rounds its weights."
                >int8</span
              >`
            : nothing
        }
        <small class="frame-key" title="The frame of a cell: the most likely token there is the actual one"
          >the actual token</small
        >
      </div>
    </div>`
  }

  private readonly onCellsChange = (event: Event) => {
    const { value } = event.target as HTMLSelectElement
    const cells = LENS_CELLS.find((known) => known === value)
    if (cells !== undefined) this.actions.lens.colourBy(cells)
  }
}
