import { describe, expect, it } from 'vitest'
import { START_TOKEN_ID } from '../../../src/shared/contracts/engine/prediction'
import { windowToContinue } from '../../../src/prediction/windows/windows'

const LAYOUT = { nPositions: 16, startToken: true }
const textOf = (length: number) => Int32Array.from({ length }, (_, i) => i)

describe('windowToContinue', () => {
  it('returns the first window while it has space', () => {
    const { first, input, room } = windowToContinue(textOf(11), 4, LAYOUT)

    expect({ first, room }).toEqual({ first: 0, room: 4 })
    expect([...input]).toEqual([START_TOKEN_ID, ...textOf(11)])
  })

  it('returns the window one stride later as soon as the first has no space', () => {
    const { first, input } = windowToContinue(textOf(12), 4, LAYOUT)

    expect(first).toBe(8)
    expect([...input]).toEqual([START_TOKEN_ID, 8, 9, 10, 11])
  })

  it.each([0, 1, 15, 16, 40, 100])('returns a window with space after %d tokens', (length) => {
    const { input, room } = windowToContinue(textOf(length), 4, LAYOUT)

    expect(input.length + room).toBeLessThanOrEqual(16)
    expect(room).toBe(4)
  })

  it('leaves at most half of a window as space', () => {
    expect(windowToContinue(textOf(30), 100, LAYOUT)).toMatchObject({ first: 24, room: 8 })
  })
})
