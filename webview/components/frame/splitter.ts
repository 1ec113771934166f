import { html, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'

import { LightElement } from '../base/lightElement'

/** One press of an arrow key moves a splitter by this many pixels. */
const KEY_STEP_PX = 23

/**
 * A line between two boxes that can be dragged, or moved with the arrow keys; a double click resets it. It reports the
 * size of one of the boxes; the stylesheet bounds that size, so the box never gets too small.
 */
@customElement('logitscope-splitter')
export class SplitterElement extends LightElement {
  /** The direction in which the splitter moves. */
  @property({ attribute: false }) axis!: 'x' | 'y'
  @property({ attribute: false }) label = ''
  /** Which of its siblings the splitter sizes: the one before it (above) or after it (to its right). */
  @property({ attribute: false }) boxIs!: 'before' | 'after'
  /** The new size in pixels; null resets it. */
  @property({ attribute: false }) resize!: (size: number | null) => void
  /** Called when a drag or a key press has ended. */
  @property({ attribute: false }) store!: () => void

  private drag: { readonly from: number; readonly size: number } | null = null

  protected override render(): TemplateResult {
    return html`<div
      class="splitter ${this.axis}"
      role="separator"
      tabindex="0"
      aria-orientation=${this.axis === 'x' ? 'vertical' : 'horizontal'}
      aria-label=${this.label}
      aria-valuenow=${Math.round(this.size)}
      @pointerdown=${this.onPointerDown}
      @pointermove=${this.onPointerMove}
      @pointerup=${this.endDrag}
      @lostpointercapture=${this.endDrag}
      @dblclick=${this.onReset}
      @keydown=${this.onKeyDown}
    ></div>`
  }

  private get size(): number {
    const sibling = this.boxIs === 'before' ? this.previousElementSibling : this.nextElementSibling
    const box = sibling?.getBoundingClientRect()
    return (this.axis === 'x' ? box?.width : box?.height) ?? 0
  }

  private resizeTo(size: number): void {
    this.resize(Math.max(0, Math.round(size)))
    this.requestUpdate()
  }

  private readonly onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return
    ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
    this.drag = { from: this.place(event), size: this.size }
  }

  private readonly onPointerMove = (event: PointerEvent) => {
    if (this.drag === null) return
    const moved = this.place(event) - this.drag.from
    this.resizeTo(this.drag.size + (this.boxIs === 'before' ? moved : -moved))
  }

  private readonly endDrag = () => {
    if (this.drag === null) return
    this.drag = null
    this.store()
  }

  private readonly onReset = () => {
    this.resize(null)
    this.requestUpdate()
    this.store()
  }

  private readonly onKeyDown = (event: KeyboardEvent) => {
    const [less, more] = this.axis === 'x' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown']
    if (event.key !== less && event.key !== more) return
    event.preventDefault()
    const grows = (event.key === more) === (this.boxIs === 'before')
    this.resizeTo(this.size + (grows ? KEY_STEP_PX : -KEY_STEP_PX))
    this.store()
  }

  private place(event: PointerEvent): number {
    return this.axis === 'x' ? event.clientX : event.clientY
  }
}
