import { customElement, property } from 'lit/decorators.js'
import { guard } from 'lit/directives/guard.js'

import type { RowBlock } from '../../state/rows/rows'
import { DeferredElement } from '../base/deferredElement'
import { rowTemplate } from './row'
import type { RowContext } from './rowContext'

/** A block of rows. The browser skips the layout of a block that is off the screen; its rows are updated together. */
@customElement('logitscope-row-block')
export class RowBlockElement extends DeferredElement {
  @property({ attribute: false }) context!: RowContext
  /** `aria-rowindex` of the first row. */
  @property({ attribute: false }) firstRowIndex = 0
  /** The picked position if it is in this block. */
  @property({ attribute: false }) pickedPosition: number | null = null

  private shownRows: RowBlock = []

  /** Also sets the block's height, before the rows are rendered, so that scrolling does not jump. */
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
        rowTemplate(row, { rowIndex, picked }, this.context),
      )
    })
  }
}
