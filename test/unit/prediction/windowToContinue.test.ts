import { describe, expect, it } from 'vitest'
import { START_TOKEN_ID } from '../../../src/shared/contracts/prediction'
import { windowToContinue } from '../../../src/prediction/windows'

const LAYOUT = { nPositions: 16, startToken: true }
const textOf = (length: number) => Int32Array.from({ length }, (_, i) => i)

describe('The window of a text that goes on', () => {
  it('is the first one while that has room', () => {
    const { first, input, room } = windowToContinue(textOf(11), 4, LAYOUT)

    expect({ first, room }).toEqual({ first: 0, room: 4 })
    expect([...input]).toEqual([START_TOKEN_ID, ...textOf(11)])
  })

  it('is another one, a stride further on, as soon as it has none', () => {
    const { first, input } = windowToContinue(textOf(12), 4, LAYOUT)

    expect(first).toBe(8)
    expect([...input]).toEqual([START_TOKEN_ID, 8, 9, 10, 11])
  })

  it.each([0, 1, 15, 16, 40, 100])('of %d tokens holds them and the room behind them', (length) => {
    const { input, room } = windowToContinue(textOf(length), 4, LAYOUT)

    expect(input.length + room).toBeLessThanOrEqual(16)
    expect(room).toBe(4)
  })

  it('gives half of itself at most', () => {
    expect(windowToContinue(textOf(30), 100, LAYOUT)).toMatchObject({ first: 24, room: 8 })
  })
})
