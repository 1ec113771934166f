import { customElement, property } from 'lit/decorators.js'
import { guard } from 'lit/directives/guard.js'

import type { RowBlock } from '../../state/rows'
import { DeferredElement } from '../base/deferredElement'
import { type RowContext, rowTemplate } from './row'

/** A few dozen rows of the table: what is skipped while off the screen, and updated as one. */
@customElement('logitscope-row-block')
export class RowBlockElement extends DeferredElement {
  @property({ attribute: false }) context!: RowContext
  /** `aria-rowindex` of the first row. */
  @property({ attribute: false }) firstRowIndex = 0
  /** The picked position, where it is one of these rows. */
  @property({ attribute: false }) pickedPosition: number | null = null

  private shownRows: RowBlock = []

  /** The block has its height before it has its rows, so that scrolling does not jump. */
  @property({ attribute: false })
  set rows(rows: RowBlock) {
    this.shownRows = rows
    this.style.setProperty('--rows', String(rows.length))
  }

  get rows(): RowBlock {
    return this.shownRows
  }

  protected override render(): unknown {
    return this.rows.map((row, i) => {
      const picked = row.position === this.pickedPosition
      const rowIndex = this.firstRowIndex + i
      return guard([row, picked, rowIndex, this.context], () =>
        rowTemplate(row, rowIndex, picked, this.context),
      )
    })
  }
}
