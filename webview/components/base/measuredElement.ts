import { state } from 'lit/decorators.js'

import { LightElement } from './lightElement'

/** An element that draws in its own width, and renders again when it changes. */
export abstract class MeasuredElement extends LightElement {
  /** Of the content, in whole pixels, at most `maxWidth`; 0 until it is laid out. */
  @state() protected width = 0
  protected readonly maxWidth: number = Infinity

  private readonly resizeObserver = new ResizeObserver(([entry]) => {
    this.width = Math.min(this.maxWidth, Math.floor(entry?.contentRect.width ?? 0))
  })

  override connectedCallback(): void {
    super.connectedCallback()
    this.resizeObserver.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.resizeObserver.disconnect()
  }
}
