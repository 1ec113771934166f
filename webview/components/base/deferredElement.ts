import { LightElement } from './lightElement'

/** Time of a frame that content off the screen may take. */
const FRAME_BUDGET_MS = 8

/**
 * Renders at once while it is on the screen, else when a frame has time for it, so that
 * thousands of rows fill the document without holding up what the user sees.
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

  screenChanged(onScreen: boolean): void {
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

/** Updates that wait for their turn, oldest first. */
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

  /** Gives the element its turn now, if it waits for one. */
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
    if (target instanceof DeferredElement) target.screenChanged(isIntersecting)
})
