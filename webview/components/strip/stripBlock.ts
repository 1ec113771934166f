import { nothing, type PropertyValues } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { guard } from 'lit/directives/guard.js'

import { elementAt } from '../../../src/shared/elementAt'
import { type TextSpan, textSpans } from '../../../src/shared/text/textSpans'
import type { Colouring } from '../../state/rows/colouring'
import type { RowBlock } from '../../state/rows/rows'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { DeferredElement } from '../base/deferredElement'
import { type Insertion, insertionTemplate, NO_INSERTIONS } from './insertion'
import { spanTemplate } from './stripSpan'

/** A block of the running text, usually some whole lines. */
@customElement('logitscope-strip-block')
export class StripBlockElement extends DeferredElement {
  @property({ attribute: false }) rows: RowBlock = []
  @property({ attribute: false }) labels!: TokenLabels
  @property({ attribute: false }) colouring!: Colouring
  /** Text of the baseline before tokens of this block, and after the last one if the text ends here. */
  @property({ attribute: false }) insertions: readonly Insertion[] = NO_INSERTIONS
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

  /** The text of the baseline before tokens that are shown as one span. */
  private insertionBefore(rows: RowBlock): Insertion | null {
    const { insertions } = this
    if (insertions.length === 0) return null
    const { position: first } = elementAt(rows, 0)
    const { position: last } = elementAt(rows, rows.length - 1)
    return insertions.find(({ position }) => position >= first && position <= last) ?? null
  }

  protected override render(): unknown {
    const { labels, colouring, insertions, pickedPosition } = this
    const pickedIndex = this.rows.findIndex(({ position }) => position === pickedPosition)
    const hasPicked = ({ first, last }: TextSpan) => pickedIndex >= first && pickedIndex <= last
    const active = this.spans.find(hasPicked)
    const spans = this.spans.map((span) => {
      const rows = this.rows.slice(span.first, span.last + 1)
      const picked = hasPicked(span) ? pickedPosition : null
      const after = this.insertionBefore(rows)
      const context = { labels, colouring, picked, isActive: span === active, after }
      return [
        after === null ? nothing : guard([after], () => insertionTemplate(after, labels)),
        guard([span, colouring, picked, after, ...rows], () => spanTemplate(span, rows, context)),
      ]
    })
    const last = insertions.at(-1)
    const isAtEnd = last !== undefined && last.position > (this.rows.at(-1)?.position ?? 0)
    return [spans, isAtEnd ? insertionTemplate(last, labels) : nothing]
  }
}
