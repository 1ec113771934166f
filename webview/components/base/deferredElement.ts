import { LightElement } from './lightElement'

/** Time per frame for rendering content that is off the screen. */
const FRAME_BUDGET_MS = 8

/**
 * An element that renders immediately while it is on the screen and otherwise when a frame has time left.
 * Thousands of rows can then fill the document without delaying the visible ones.
 */
export abstract class DeferredElement extends LightElement {
  private onScreen = false

  override connectedCallback(): void {
    super.connectedCallback()
    screenObserver.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    screenObserver.unobserve(this)
  }

  setOnScreen(onScreen: boolean): void {
    this.onScreen = onScreen
    if (onScreen) queue.run(this)
  }

  protected override scheduleUpdate(): void | Promise<void> {
    const update = () => {
      void super.scheduleUpdate()
    }
    if (this.onScreen) update()
    else return queue.add(this, update)
  }
}

/** Deferred updates, oldest first. */
class FrameQueue {
  private readonly waiting = new Map<DeferredElement, () => void>()
  private scheduled = false

  add(element: DeferredElement, update: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.set(element, () => {
        update()
        resolve()
      })
      this.schedule()
    })
  }

  /** Runs the element's update now if one is queued. */
  run(element: DeferredElement): void {
    const update = this.waiting.get(element)
    this.waiting.delete(element)
    update?.()
  }

  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    requestAnimationFrame(() => {
      this.scheduled = false
      this.runFrame()
    })
  }

  private runFrame(): void {
    const deadline = performance.now() + FRAME_BUDGET_MS
    for (const element of this.waiting.keys()) {
      this.run(element)
      if (performance.now() > deadline) break
    }
    if (this.waiting.size > 0) this.schedule()
  }
}

const queue = new FrameQueue()

const screenObserver = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries)
    if (target instanceof DeferredElement) target.setOnScreen(isIntersecting)
})
