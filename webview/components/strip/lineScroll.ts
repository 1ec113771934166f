/** Lines that stay visible above and below the picked text. */
const CONTEXT_LINES = 1

/** The events by which a user scrolls. */
const USER_INPUT = ['wheel', 'pointerdown', 'keydown'] as const

/**
 * Scrolls a box of text by whole lines, and keeps picked text in view until the user scrolls. All lines have the same
 * height, and the box is a number of lines high, plus a padding that has room for the frame of a picked token.
 */
export class LineScroll {
  private readonly observer = new ResizeObserver(() => {
    this.keepInView()
  })
  /** Finds the elements to keep in view; undefined once the user has scrolled. */
  private picked: (() => readonly Element[]) | undefined

  constructor(private readonly box: HTMLElement) {
    this.observer.observe(box)
    box.addEventListener('scrollend', this.snap)
    for (const type of USER_INPUT) box.addEventListener(type, this.release, { passive: true })
  }

  dispose(): void {
    this.observer.disconnect()
    this.box.removeEventListener('scrollend', this.snap)
    for (const type of USER_INPUT) this.box.removeEventListener(type, this.release)
  }

  /** Scrolls until the elements are visible, with a line above and below them where they exist. */
  reveal(picked: () => readonly Element[]): void {
    this.picked = picked
    this.keepInView()
  }

  private readonly release = ({ type, target }: Event): void => {
    // A press on the scroll bar has the box as its target; one on a token scrolls nothing.
    if (type !== 'pointerdown' || target === this.box) this.picked = undefined
  }

  private readonly snap = (): void => {
    const { lineHeight } = this
    const { scrollTop } = this.box
    const snapped = Math.round(scrollTop / lineHeight) * lineHeight
    if (Math.abs(snapped - scrollTop) >= 1) this.box.scrollTop = snapped
  }

  private keepInView(): void {
    const rects = this.picked?.().flatMap((element) => Array.from(element.getClientRects())) ?? []
    if (rects.length === 0) return
    const { box, lineHeight } = this
    const first = Math.round(box.scrollTop / lineHeight)
    const target = targetLine({
      first,
      count: Math.max(1, Math.floor(box.clientHeight / lineHeight)),
      top: this.lineAt(Math.min(...rects.map(middleOf))),
      bottom: this.lineAt(Math.max(...rects.map(middleOf))),
    })
    if (target !== first) box.scrollTop = target * lineHeight
  }

  /** The line at a height in the window's coordinates. */
  private lineAt(y: number): number {
    const { box } = this
    const padding = parseFloat(getComputedStyle(box).paddingTop)
    return Math.floor((y - box.getBoundingClientRect().top - padding + box.scrollTop) / this.lineHeight)
  }

  private get lineHeight(): number {
    return parseFloat(getComputedStyle(this.box).lineHeight)
  }
}

function middleOf({ top, bottom }: DOMRect): number {
  return (top + bottom) / 2
}

interface VisibleLines {
  /** The first visible line. */
  readonly first: number
  /** Number of visible lines. */
  readonly count: number
  /** The lines to show, inclusive. */
  readonly top: number
  readonly bottom: number
}

/** The first visible line that shows the lines from `top` to `bottom`; near lines are reached by the shortest way. */
function targetLine({ first, count, top, bottom }: VisibleLines): number {
  const context = bottom - top + 1 + 2 * CONTEXT_LINES <= count ? CONTEXT_LINES : 0
  const min = bottom + context - (count - 1)
  const max = Math.max(0, top - context)
  if (first >= min && first <= max) return first
  const isFar = first < min - count || first > max + count
  if (isFar) return Math.max(0, top - Math.floor((count - 1) / 2))
  return first < min ? Math.min(min, max) : max
}
