import { describe, expect, it } from 'vitest'

import {
  type Direction,
  pointAt,
  type ScatterPoint,
  ScatterPlot,
} from '../../webview/state/comparison/scatterPlot'

/** 10 pixels for a bit. */
const SIZE = { width: 105, height: 105, left: 0, right: 0, top: 0, bottom: 0 }

/** Points at these places, in bits; the text has them in this order. */
function pointsAt(...places: readonly (readonly [shown: number, baseline: number])[]): ScatterPoint[] {
  return places.map(([shown, baseline], position) => ({
    section: 0,
    position,
    shown,
    baseline,
    side: Math.abs(baseline - shown) < 1 ? 'even' : baseline > shown ? 'plus' : 'minus',
  }))
}

function plotOf(...places: readonly (readonly [shown: number, baseline: number])[]): ScatterPlot {
  return new ScatterPlot(pointsAt(...places, [10, 10]), SIZE)
}

describe('the axes', () => {
  it('reach beyond the most surprising token of either side', () => {
    const { end } = new ScatterPlot(pointsAt([1, 12], [8, 2]), SIZE)

    expect(end).toBeCloseTo(12.6)
  })

  it.each([
    [0.01, [0, 0.25, 0.5, 0.75, 1]],
    [10, [0, 4, 8]],
    [13, [0, 4, 8, 12]],
    [40, [0, 16, 32]],
  ])('have ticks at round numbers if the most surprising token has %d bits', (bits, ticks) => {
    expect(new ScatterPlot(pointsAt([bits, 0]), SIZE).ticks).toEqual(ticks)
  })
})

describe('the point at a place', () => {
  it('is the nearest one', () => {
    const found = plotOf([2, 2], [4, 4]).nearest(34, 105 - 36, 12)

    expect(found?.position).toBe(1)
  })

  it('is null if no point is near', () => {
    expect(plotOf([2, 2], [4, 4]).nearest(80, 80, 12)).toBeNull()
  })
})

describe('an arrow key', () => {
  const CROSS = plotOf([5, 5], [7, 5.5], [5.5, 7], [3, 5], [5, 2], [6, 8])

  it.each<[Direction, number]>([
    ['right', 1],
    ['up', 2],
    ['left', 3],
    ['down', 4],
  ])('%s reaches the nearest point within 45 degrees', (direction, position) => {
    const [from] = CROSS.points

    expect(from && CROSS.neighbour(from, direction)?.position).toBe(position)
  })

  it('reaches a point far beside if none is within 45 degrees', () => {
    const plot = new ScatterPlot(pointsAt([1, 1], [2, 9]), SIZE)
    const [from] = plot.points

    expect(from && plot.neighbour(from, 'right')?.position).toBe(1)
  })

  it('does not move if no point is further in its direction', () => {
    const plot = new ScatterPlot(pointsAt([1, 1], [2, 9]), SIZE)
    const [from] = plot.points

    expect(from && plot.neighbour(from, 'left')).toBeNull()
  })
})

it('the plot draws one mark for points that would cover each other', () => {
  const one = new ScatterPlot(pointsAt([3, 3]), SIZE)
  const many = new ScatterPlot(pointsAt([3, 3], [3, 3], [3.001, 3.001]), SIZE)

  expect(many.marks('even')).toBe(one.marks('even'))
})

it('the point of a picked token that is not compared is that of the next compared token', () => {
  const points = pointsAt([1, 1], [2, 2], [3, 3]).filter(({ position }) => position !== 1)

  expect(pointAt(points, { section: 0, position: 1 })?.position).toBe(2)
  expect(pointAt(points, { section: 1, position: 0 })?.position).toBe(2)
})
