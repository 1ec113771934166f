import { describe, expect, it } from 'vitest'
import {
  ACROSS,
  DOWN,
  type MoveKeys,
  moveByKey,
  pageOf,
  READING_ORDER,
  SLIDER,
  withPages,
} from '../../webview/components/base/moveByKey'

const MIDDLE = { current: 5, last: 10, page: 3 }

describe('A key in a list', () => {
  it.each<[string, MoveKeys, Record<string, number>]>([
    ['across', ACROSS, { ArrowRight: 6, ArrowLeft: 4 }],
    ['down', DOWN, { ArrowDown: 6, ArrowUp: 4 }],
    ['in reading order', READING_ORDER, { ArrowRight: 6, ArrowDown: 6, ArrowLeft: 4, ArrowUp: 4 }],
    ['down with pages', withPages(DOWN), { ArrowDown: 6, ArrowUp: 4, PageDown: 8, PageUp: 2 }],
    [
      'on a slider',
      SLIDER,
      { ArrowRight: 6, ArrowUp: 6, ArrowLeft: 4, ArrowDown: 4, PageUp: 8, PageDown: 2 },
    ],
  ])('moves %s, to both ends, and by no other key', (_, keys, moves) => {
    const expected = { ...moves, Home: 0, End: 10 }
    const known = [
      'ArrowRight',
      'ArrowLeft',
      'ArrowDown',
      'ArrowUp',
      'PageDown',
      'PageUp',
      'Home',
      'End',
      'a',
    ]
    const found = known.flatMap((key) => {
      const target = moveByKey(key, keys, MIDDLE)
      return target === null ? [] : [[key, target] as const]
    })

    expect(Object.fromEntries(found)).toEqual(expected)
  })

  it('stops at the first and at the last item', () => {
    expect(moveByKey('PageUp', withPages(DOWN), { current: 1, last: 10, page: 3 })).toBe(0)
    expect(moveByKey('PageDown', withPages(DOWN), { current: 9, last: 10, page: 3 })).toBe(10)
  })

  it('moves by a page that leaves one item visible, and by one item where a page has no room', () => {
    expect([pageOf(8), pageOf(1), pageOf(0)]).toEqual([7, 1, 1])
  })
})
