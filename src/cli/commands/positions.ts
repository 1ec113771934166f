import { positionError } from '../../prediction/explain/explainToken'
import { UsageError } from '../base/commandLine'

/** A position of a text, counted from its first token; `next` is the row after the last one. */
export type Position = number | 'next'

/** The positions from `first` to `last`, both included. */
export interface PositionRange {
  readonly first: Position
  readonly last: Position
}

/** @throws UsageError */
export function positionOf(value: string): Position {
  const position = parsePosition(value)
  if (position !== undefined) return position
  throw new UsageError(`--at takes a position, a whole number from 0, or next, not “${value}”`)
}

/**
 * Parses `N`, `next`, `A..B`, `A..` and `..B`.
 * @throws UsageError
 */
export function positionRangeOf(value = '..'): PositionRange {
  const [start = '', end, surplus] = value.split('..')
  const first = parsePosition(start || '0')
  const last = end === undefined ? parsePosition(start) : parsePosition(end || 'next')
  if (first !== undefined && last !== undefined && surplus === undefined) {
    if (isInOrder(first, last)) return { first, last }
    throw new UsageError(`--at takes A..B with A before B, not “${value}”`)
  }
  throw new UsageError(`--at takes a position, A..B or next, not “${value}”`)
}

/**
 * The range in a text of `count` tokens, as positions [from, end); `count` is the position of the row after the last one.
 * @throws InvalidRequestError if the text does not have these positions
 */
export function spanOf({ first, last }: PositionRange, count: number): { from: number; end: number } {
  const from = first === 'next' ? count : first
  const end = last === 'next' ? count + 1 : last + 1
  const isInside = (first === 'next' || first < count || count === 0) && (last === 'next' || last < count)
  if (isInside && from < end) return { from, end }
  throw positionError(first === last ? first : `${first}..${last}`, count)
}

function isInOrder(first: Position, last: Position): boolean {
  return last === 'next' || (first !== 'next' && first <= last)
}

function parsePosition(value: string): Position | undefined {
  if (value === 'next') return value
  return /^\d{1,9}$/.test(value) ? Number(value) : undefined
}
