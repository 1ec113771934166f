import { html, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { guard } from 'lit/directives/guard.js'

import { elementAt } from '../../../src/shared/elementAt'
import { type Metric, METRIC_SCALES, stepOfScore } from '../../../src/shared/numbers/metrics'
import { textPieces, type TokenPiece } from '../../../src/shared/text/tokenText'
import type { Row, RowBlock } from '../../state/rows'
import { runningTextTemplate } from '../../tokens/pieces'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { DeferredElement } from '../base/deferredElement'

/** A block of the running text, usually some whole lines. */
@customElement('logitscope-strip-block')
export class StripBlockElement extends DeferredElement {
  @property({ attribute: false }) rows: RowBlock = []
  @property({ attribute: false }) labels!: TokenLabels
  @property({ attribute: false }) metric!: Metric
  /** The picked position if it is in this block. */
  @property({ attribute: false }) pickedPosition: number | null = null

  private pieces: readonly (readonly TokenPiece[])[] = []
  private piecesFor = ''

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('rows') && !changed.has('labels')) return
    const ids = this.rows.map(({ token }) => token?.tokenId).join(' ')
    if (ids === this.piecesFor) return
    this.piecesFor = ids
    this.pieces = textPieces(
      this.rows.map(({ token }) => (token === null ? new Uint8Array() : this.labels.bytesOf(token.tokenId))),
    )
  }

  protected override render(): unknown {
    return this.rows.map((row, i) => {
      const picked = row.position === this.pickedPosition
      const pieces = elementAt(this.pieces, i)
      return guard([row, this.metric, picked, pieces], () =>
        tokenTemplate(row, { pieces, metric: this.metric, picked }),
      )
    })
  }
}

function tokenTemplate(
  { position, token, score, typed }: Row,
  { pieces, metric, picked }: { pieces: readonly TokenPiece[]; metric: Metric; picked: boolean },
): TemplateResult {
  const step = score === null ? 'unscored' : `step${stepOfScore(metric, score)}`
  const classes = `token ${step}${token?.partial === true ? ' partial' : ''}${typed ? ' typed' : ''}${picked ? ' picked' : ''}`
  const { valueOf, format } = METRIC_SCALES[metric]
  const title = score === null ? 'not scored' : format(valueOf(score))
  return html`<span
    class=${classes}
    data-position=${position}
    title="token ${position}, ${title}${typed ? ', typed' : ''}"
    >${runningTextTemplate(pieces)}</span
  >`
}
