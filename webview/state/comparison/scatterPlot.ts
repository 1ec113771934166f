// The scatter plot of both sides' surprisal: places of the points, what is near a place, and the marks as paths.

import { elementAt } from '../../../src/shared/elementAt'
import { assertNever } from '../../../src/shared/assertNever'
import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import { deltaBits, deltaStep } from '../../../src/shared/numbers/comparedTokens'
import { type Side, sideOf } from '../rows/comparison'
import type { RowBlock } from '../rows/rows'

/** Which side finds a token likelier by more than 1 bit. */
export type ScatterSide = Side | 'even'

/** A token that both sides have, with its surprisal in bits. */
export interface ScatterPoint extends TokenAddress {
  readonly shown: number
  readonly baseline: number
  readonly side: ScatterSide
}

/** The compared tokens of all sections, in the order of the text. */
export function scatterPoints(rows: readonly RowBlock[]): readonly ScatterPoint[] {
  return rows.flatMap((block) =>
    block.flatMap(({ section, position, compared }) => {
      if (compared === null) return []
      const shown = compared.score.surprisal
      const baseline = compared.baselineScore.surprisal
      return [{ section, position, shown, baseline, side: scatterSideOf(deltaBits(compared)) }]
    }),
  )
}

function scatterSideOf(delta: number): ScatterSide {
  return deltaStep(delta) === 0 ? 'even' : sideOf(delta)
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/** The plot's box in pixels, and the room around its axes. */
export interface PlotSize {
  readonly width: number
  readonly height: number
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** At most this many ticks on an axis, without that of 0. */
const MAX_TICKS = 4
/** Room beyond the most surprising token, as a share of the axis. */
const ROOM_BEYOND = 0.05
/** Marks closer than this cannot be told apart, in pixels. */
const APART_PX = 1

/** Points at their places. Both axes have the same scale in bits, so that the diagonal is where the sides are equal. */
export class ScatterPlot {
  /** The end of both axes, in bits. */
  readonly end: number
  readonly ticks: readonly number[]

  constructor(
    readonly points: readonly ScatterPoint[],
    private readonly size: PlotSize,
  ) {
    const most = points.reduce((max, { shown, baseline }) => Math.max(max, shown, baseline), 1)
    this.end = most * (1 + ROOM_BEYOND)
    const step = 2 ** Math.ceil(Math.log2(this.end / (MAX_TICKS + 1)))
    this.ticks = Array.from({ length: Math.floor(this.end / step) + 1 }, (_, i) => i * step)
  }

  x(bits: number): number {
    const { width, left, right } = this.size
    return left + (bits / this.end) * (width - left - right)
  }

  y(bits: number): number {
    const { height, top, bottom } = this.size
    return height - bottom - (bits / this.end) * (height - top - bottom)
  }

  /** The point at a place of the plot, at most `reach` pixels from it; null if none is. */
  nearest(x: number, y: number, reach: number): ScatterPoint | null {
    let best: ScatterPoint | null = null
    let least = reach
    for (const point of this.points) {
      const distance = Math.hypot(this.x(point.shown) - x, this.y(point.baseline) - y)
      // Of points at one place, the first.
      if (distance < least || (distance === least && best === null)) {
        best = point
        least = distance
      }
    }
    return best
  }

  /** The nearest point in a direction: if possible within 45° of it; null if no point is further in that direction. */
  neighbour(from: ScatterPoint, direction: Direction): ScatterPoint | null {
    let ahead: ScatterPoint | null = null
    let aside: ScatterPoint | null = null
    let [leastAhead, leastAside] = [Infinity, Infinity]
    for (const point of this.points) {
      const { along, across } = this.displacement(from, point, direction)
      if (along < APART_PX) continue
      const distance = Math.hypot(along, across)
      if (across <= along && distance < leastAhead) [ahead, leastAhead] = [point, distance]
      else if (across > along && distance < leastAside) [aside, leastAside] = [point, distance]
    }
    return ahead ?? aside
  }

  /** The marks of a side as one path. Of marks that would cover each other only one is in it. */
  marks(side: ScatterSide): string {
    const drawn = new Set<number>()
    const marks: string[] = []
    for (const point of this.points) {
      if (point.side !== side) continue
      const [x, y] = [Math.round(2 * this.x(point.shown)) / 2, Math.round(2 * this.y(point.baseline)) / 2]
      const place = x * 10_000 + y
      if (drawn.has(place)) continue
      drawn.add(place)
      marks.push(markPath(side, x, y))
    }
    return marks.join('')
  }

  /** In pixels: how far a point is in a direction, and how far beside it. */
  private displacement(from: ScatterPoint, to: ScatterPoint, direction: Direction) {
    const right = this.x(to.shown) - this.x(from.shown)
    const down = this.y(to.baseline) - this.y(from.baseline)
    switch (direction) {
      case 'right':
        return { along: right, across: Math.abs(down) }
      case 'left':
        return { along: -right, across: Math.abs(down) }
      case 'down':
        return { along: down, across: Math.abs(right) }
      case 'up':
        return { along: -down, across: Math.abs(right) }
      default:
        return assertNever(direction)
    }
  }
}

/** ▲ above the diagonal, ▼ below it, ○ near it. */
function markPath(side: ScatterSide, x: number, y: number): string {
  switch (side) {
    case 'plus':
      return `M${x} ${y - 4}l4 7h-8z`
    case 'minus':
      return `M${x} ${y + 4}l4-7h-8z`
    case 'even':
      return `M${x - 2.5} ${y}a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0z`
    default:
      return assertNever(side)
  }
}

/** The point of an address; if the token is not compared, the next one in the text, or the last. */
export function pointAt(points: readonly ScatterPoint[], address: TokenAddress | null): ScatterPoint | null {
  if (points.length === 0) return null
  const from = address ?? { section: 0, position: 0 }
  const isBefore = ({ section, position }: TokenAddress) =>
    section < from.section || (section === from.section && position < from.position)
  let [low, high] = [0, points.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBefore(elementAt(points, middle))) low = middle + 1
    else high = middle
  }
  return elementAt(points, low)
}
