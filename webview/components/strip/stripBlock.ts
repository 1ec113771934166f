import type { PropertyValues } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { guard } from 'lit/directives/guard.js'

import type { Metric } from '../../../src/shared/numbers/metrics'
import { type TextSpan, textSpans } from '../../../src/shared/text/textSpans'
import type { RowBlock } from '../../state/rows'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { DeferredElement } from '../base/deferredElement'
import { spanTemplate } from './stripSpan'

/** A block of the running text, usually some whole lines. */
@customElement('logitscope-strip-block')
export class StripBlockElement extends DeferredElement {
  @property({ attribute: false }) rows: RowBlock = []
  @property({ attribute: false }) labels!: TokenLabels
  @property({ attribute: false }) metric!: Metric
  /** The picked position if it is in this block. */
  @property({ attribute: false }) pickedPosition: number | null = null

  /** Sets the block's height before it is rendered, so that scrolling does not jump. */
  set estimatedLines(lines: number) {
    this.style.setProperty('--lines', String(lines))
  }

  private spans: readonly TextSpan[] = []
  private spansFor = ''

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('rows') && !changed.has('labels')) return
    const ids = this.rows.map(({ token }) => token?.tokenId).join(' ')
    if (ids === this.spansFor) return
    this.spansFor = ids
    this.spans = textSpans(
      this.rows.map(({ token }) => (token === null ? new Uint8Array() : this.labels.bytesOf(token.tokenId))),
    )
  }

  protected override render(): unknown {
    const { labels, metric, pickedPosition } = this
    const pickedIndex = this.rows.findIndex(({ position }) => position === pickedPosition)
    const hasPicked = ({ first, last }: TextSpan) => pickedIndex >= first && pickedIndex <= last
    const active = this.spans.find(hasPicked)
    return this.spans.map((span) => {
      const rows = this.rows.slice(span.first, span.last + 1)
      const picked = hasPicked(span) ? pickedPosition : null
      return guard([span, metric, picked, ...rows], () =>
        spanTemplate(span, rows, { labels, metric, picked, isActive: span === active }),
      )
    })
  }
}
