import { describe, expect, it } from 'vitest'
import { visiblePart } from '../../../../src/editor/documents/visiblePart'

const MEGABYTE = 1_000_000

describe('The visible part of a text', () => {
  it('is all visible lines if they are not long', () => {
    const part = visiblePart({
      lines: { start: 80, end: 4_000 },
      reported: { start: 100, end: 3_900 },
      cursor: 0,
    })

    expect(part).toEqual({ start: 80, end: 4_000 })
  })

  it('is the visible rows of a long line that is wrapped', () => {
    const reported = { start: 400_000, end: 406_000 }

    const part = visiblePart({ lines: { start: 0, end: MEGABYTE }, reported, cursor: 7 })

    expect(part).toEqual(reported)
  })

  it.each([
    ['around the cursor', 500_000, { start: 498_000, end: 502_000 }],
    ['at the start for a cursor at the start', 0, { start: 0, end: 4_000 }],
    ['at the end for a cursor at the end', MEGABYTE, { start: MEGABYTE - 4_000, end: MEGABYTE }],
  ])('is a part of a long line that is not wrapped: %s', (_, cursor, expected) => {
    const line = { start: 0, end: MEGABYTE }

    expect(visiblePart({ lines: line, reported: line, cursor })).toEqual(expected)
  })

  it('begins with the first visible line if the cursor is not visible', () => {
    const line = { start: 300_000, end: MEGABYTE }

    expect(visiblePart({ lines: line, reported: line, cursor: 5 })).toEqual({ start: 300_000, end: 304_000 })
  })
})
