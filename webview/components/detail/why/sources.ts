import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js'

import type { WhyWindow } from '../../../../src/shared/contracts/panel/why'
import { elementAt } from '../../../../src/shared/elementAt'
import { formatCounted, formatSigned } from '../../../../src/shared/text/format'
import {
  effectStep,
  type SourceBlock,
  sourceBlocks,
  type SourceSpan,
  strongestOf,
} from '../../../state/explanations/sourceEffects'
import { runningTextTemplate } from '../../../tokens/pieces'
import { shownText, type TokenLabels } from '../../../tokens/tokenLabels'
import type { WhyController } from '../../../controllers/whyController'
import { LightElement } from '../../base/lightElement'
import { moveByKey, READING_ORDER } from '../../base/moveByKey'
import { describePlace } from './places'

/** A button: the tokens of a folded block, or one span. */
interface ShownSource extends SourceBlock {
  /** The first row of the first span. */
  readonly first: number
}

/**
 * The tokens of the window, shaded by their direct effect. Each is a toggle button that knocks it out; together they are one
 * tab stop. Lines without any effect to see are folded.
 */
@customElement('logitscope-sources')
export class SourcesElement extends LightElement {
  @property({ attribute: false }) window!: WhyWindow
  @property({ attribute: false }) startToken = false
  /** [S] Null if effects are not available. */
  @property({ attribute: false }) effects: Float64Array | null = null
  @property({ attribute: false }) knockedOut: readonly number[] = []
  @property({ attribute: false }) labels!: TokenLabels
  @property({ attribute: false }) why!: WhyController

  /** First rows of all spans in the folded blocks that the user has opened. */
  @state() private opened: ReadonlySet<number> = new Set()
  /** The first row of the button that was used last. */
  @state() private current: number | null = null

  private shown: readonly ShownSource[] = []
  private strongest = 0
  /** The first row of the button that is in the tab order. */
  private tabStop = 0

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { window, effects, labels, knockedOut } = this
    const before = changed.get('window')
    if (before !== undefined && !isSameWindow(before, window)) {
      this.opened = new Set()
      this.current = null
    }
    this.strongest = effects === null ? 0 : strongestOf(effects)
    const blocks = sourceBlocks(window.inputIds, { effects, labels, keptRows: new Set(knockedOut) })
    this.shown = blocks.flatMap((block) => this.shownOf(block))
    // The current button may be in a block that is folded now.
    this.tabStop = (this.shown.find(({ first }) => first === this.current) ?? elementAt(this.shown, 0)).first
  }

  protected override render(): TemplateResult {
    // A span, because white space in it would be shown.
    return html`<span
      class="running-text sources"
      role="group"
      aria-label="Tokens before the prediction, by direct effect"
      @click=${this.onClick}
      @keydown=${this.onKeyDown}
      >${repeat(
        this.shown,
        ({ first, folded }) => (folded ? `fold ${first}` : first),
        ({ folded, spans }) =>
          folded ? this.foldTemplate(spans) : spans.map((span) => this.spanTemplate(span)),
      )}</span
    >`
  }

  private foldTemplate(spans: readonly SourceSpan[]): TemplateResult {
    const [{ first }, { last }] = [elementAt(spans, 0), elementAt(spans, spans.length - 1)]
    const effect = spans.reduce((sum, span) => sum + (span.effect ?? 0), 0)
    const together = this.effects === null ? '' : `, together ${formatSigned(effect)}`
    return html`<span
      role="button"
      class="fold"
      tabindex=${this.tabIndexOf(first)}
      aria-expanded="false"
      data-first=${first}
      data-fold
      >⋯ ${formatCounted(last + 1 - first, 'token')}${together}</span
    >`
  }

  private spanTemplate(span: SourceSpan): TemplateResult {
    const { first, last, effect, pieces } = span
    const { window, startToken } = this
    const isOut = this.knockedOut.includes(first)
    const step = effect === null ? null : effectStep(effect, this.strongest)
    const isCurrent = last === window.inputIds.length - 1
    const place = describePlace(first, { window, startToken })
    const effectText = effect === null ? '' : `, direct effect ${formatSigned(effect)}`
    const note = isCurrent ? '. The current position cannot be knocked out.' : ''
    return html`<span
      role="button"
      class="token ${step ?? ''} ${isOut ? 'out' : ''}"
      tabindex=${this.tabIndexOf(first)}
      aria-pressed=${isCurrent ? nothing : isOut}
      aria-disabled=${isCurrent ? 'true' : nothing}
      aria-label="${this.speak(span)}, ${place}${effectText}${note}"
      title="${shownText(pieces)} · ${place}${effectText}${note}"
      data-first=${first}
      data-last=${last}
      >${runningTextTemplate(pieces)}</span
    >`
  }

  private speak({ first, last, pieces }: SourceSpan): string {
    if (first === last) return this.labels.speak(elementAt(this.window.inputIds, first))
    return pieces.map(({ spoken }) => spoken).join('')
  }

  private tabIndexOf(first: number): number {
    return first === this.tabStop ? 0 : -1
  }

  private shownOf({ folded, spans }: SourceBlock): readonly ShownSource[] {
    const { first } = elementAt(spans, 0)
    if (folded && !this.opened.has(first)) return [{ first, folded, spans }]
    return spans.map((span) => ({ first: span.first, folded: false, spans: [span] }))
  }

  private readonly onClick = (event: MouseEvent) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[role=button]') : null
    if (button !== null) this.press(button)
  }

  private press(button: HTMLElement): void {
    const first = Number(button.dataset.first)
    this.current = first
    if (button.dataset.fold !== undefined) {
      const spans = this.shown.find((shown) => shown.first === first)?.spans ?? []
      this.opened = new Set([...this.opened, ...spans.map((span) => span.first)])
      void this.updateComplete.then(() => {
        this.buttons.find(({ dataset }) => dataset.first === String(first))?.focus()
      })
    } else if (button.ariaDisabled !== 'true') this.toggle(first, Number(button.dataset.last))
  }

  private toggle(first: number, last: number): void {
    const rows = Array.from({ length: last + 1 - first }, (_, i) => first + i)
    const others = this.knockedOut.filter((row) => !rows.includes(row))
    this.why.knockOut(this.knockedOut.includes(first) ? others : [...others, ...rows])
  }

  private get buttons(): readonly HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>('[role=button]')]
  }

  private readonly onKeyDown = (event: KeyboardEvent) => {
    const { target, key } = event
    if (event.ctrlKey || event.metaKey || event.altKey || !(target instanceof HTMLElement)) return
    const { buttons } = this
    const index = buttons.indexOf(target)
    if (index === -1) return
    if (key === 'Enter' || key === ' ') this.press(target)
    else {
      const next = buttons.at(
        moveByKey(key, READING_ORDER, { current: index, last: buttons.length - 1 }) ?? index,
      )
      if (next === undefined || next === target) return
      this.current = Number(next.dataset.first)
      next.focus()
    }
    event.preventDefault()
  }
}

/** False for another token's window. The host sends the same one again with each answer. */
function isSameWindow(a: WhyWindow, b: WhyWindow): boolean {
  return (
    a.rowOffset === b.rowOffset &&
    a.inputIds.length === b.inputIds.length &&
    a.inputIds.every((id, row) => id === b.inputIds[row])
  )
}
