/** Items of equal size along one axis of a scrolled box, in pixels. */
export interface ScrolledAxis {
  readonly count: number
  readonly itemSize: number
  readonly scrolled: number
  /** The box without what covers its beginning: a header, or the names of rows. */
  readonly boxSize: number
}

/** The items [first, end). */
export interface Span {
  readonly first: number
  readonly end: number
}

/** The items that are visible at least in part, and `margin` more on each side. */
export function visibleSpan({ count, itemSize, scrolled, boxSize }: ScrolledAxis, margin: number): Span {
  if (itemSize <= 0 || boxSize <= 0) return { first: 0, end: 0 }
  const first = Math.max(0, Math.floor(scrolled / itemSize) - margin)
  const end = Math.min(count, Math.ceil((scrolled + boxSize) / itemSize) + margin)
  return { first: Math.min(first, end), end }
}

/**
 * The scroll offset at which an item is wholly visible: the current one if it is, else the nearest, or the middle for an
 * item that is more than a box away.
 */
export function revealingOffset({ itemSize, scrolled, boxSize }: ScrolledAxis, index: number): number {
  // The item is wholly visible for offsets from `min` to `max`.
  const min = (index + 1) * itemSize - boxSize
  const max = index * itemSize
  if (scrolled >= min && scrolled <= max) return scrolled
  const nearest = scrolled < min ? min : max
  return Math.abs(nearest - scrolled) > boxSize ? (min + max) / 2 : nearest
}
