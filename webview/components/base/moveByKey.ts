/** The keys of one direction of a list; Home and End move in each. */
export interface MoveKeys {
  readonly next: readonly string[]
  readonly previous: readonly string[]
  readonly nextPage?: string
  readonly previousPage?: string
}

export const ACROSS: MoveKeys = { next: ['ArrowRight'], previous: ['ArrowLeft'] }
export const DOWN: MoveKeys = { next: ['ArrowDown'], previous: ['ArrowUp'] }
export const READING_ORDER: MoveKeys = {
  next: ['ArrowRight', 'ArrowDown'],
  previous: ['ArrowLeft', 'ArrowUp'],
}
/** ARIA's keys of a slider, where up is more. */
export const SLIDER: MoveKeys = {
  next: ['ArrowRight', 'ArrowUp'],
  previous: ['ArrowLeft', 'ArrowDown'],
  nextPage: 'PageUp',
  previousPage: 'PageDown',
}

/** Also moves by pages. */
export function withPages(keys: MoveKeys): MoveKeys {
  return { ...keys, nextPage: 'PageDown', previousPage: 'PageUp' }
}

export interface MovePlace {
  readonly current: number
  /** Index of the last item. */
  readonly last: number
  /** Items that a page key passes. */
  readonly page?: number
}

/** Items that a page key passes where `visible` fit: one stays visible. */
export function pageOf(visible: number): number {
  return Math.max(1, visible - 1)
}

/** The item that a key moves to; null if the key does not move. */
export function moveByKey(
  key: string,
  keys: MoveKeys,
  { current, last, page = 1 }: MovePlace,
): number | null {
  if (key === 'Home') return 0
  if (key === 'End') return last
  const step = stepOf(key, keys, page)
  if (step === 0) return null
  return Math.min(last, Math.max(0, current + step))
}

function stepOf(key: string, keys: MoveKeys, page: number): number {
  if (keys.next.includes(key)) return 1
  if (keys.previous.includes(key)) return -1
  if (key === keys.nextPage) return page
  return key === keys.previousPage ? -page : 0
}
