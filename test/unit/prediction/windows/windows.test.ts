import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_TARGET } from '../../../../src/shared/contracts/engine/engineApi'
import { START_TOKEN_ID } from '../../../../src/shared/contracts/engine/prediction'
import {
  countWindows,
  inputBefore,
  inputOfNext,
  planWindows,
  type TokenSpan,
  type WindowLayout,
  windowInput,
  windowOf,
  windowTargets,
} from '../../../../src/prediction/windows/windows'

const layouts = fc.record({ nPositions: fc.integer({ min: 2, max: 40 }), startToken: fc.boolean() })
const spans = fc
  .tuple(fc.nat({ max: 300 }), fc.nat({ max: 300 }))
  .map(([a, b]): TokenSpan => ({ from: Math.min(a, b), to: Math.max(a, b) }))

describe('planWindows', () => {
  it('scores a short text and reads its next row in one window', () => {
    const plan = planWindows({ from: 0, to: 5 }, { nPositions: 1024, startToken: true })
    expect(plan).toEqual({
      unscored: 0,
      windows: [
        {
          index: 0,
          first: 0,
          inputEnd: 5,
          scoreFrom: 0,
          scoreTo: 5,
          firstRow: 0,
          readsNext: true,
          seqLen: 6,
        },
      ],
    })
  })

  it('does not score the first token without a start token', () => {
    const plan = planWindows({ from: 0, to: 5 }, { nPositions: 1024, startToken: false })
    expect(plan).toEqual({
      unscored: 1,
      windows: [
        {
          index: 0,
          first: 0,
          inputEnd: 5,
          scoreFrom: 1,
          scoreTo: 5,
          firstRow: 0,
          readsNext: true,
          seqLen: 5,
        },
      ],
    })
  })

  it('reads the row after the start token for an empty text', () => {
    const { windows } = planWindows({ from: 0, to: 0 }, { nPositions: 1024, startToken: true })
    expect(windows).toMatchObject([{ inputEnd: 0, scoreFrom: 0, scoreTo: 0, firstRow: 0, seqLen: 1 }])
  })

  it('has no windows for an empty text without a start token', () => {
    expect(planWindows({ from: 0, to: 0 }, { nPositions: 1024, startToken: false }).windows).toEqual([])
  })

  it('reads the row after a context in the window that scores its last token', () => {
    const layout = { nPositions: 8, startToken: true }
    const { windows } = planWindows({ from: 7, to: 7 }, layout)
    expect(windows).toEqual([
      { index: 0, first: 0, inputEnd: 7, scoreFrom: 7, scoreTo: 7, firstRow: 7, readsNext: true, seqLen: 8 },
    ])
  })

  it('advances by half a window and scores only tokens that the previous window does not hold', () => {
    const { windows } = planWindows({ from: 0, to: 12 }, { nPositions: 8, startToken: true })
    expect(windows).toEqual([
      { index: 0, first: 0, inputEnd: 6, scoreFrom: 0, scoreTo: 7, firstRow: 0, readsNext: false, seqLen: 8 },
      {
        index: 1,
        first: 4,
        inputEnd: 10,
        scoreFrom: 7,
        scoreTo: 11,
        firstRow: 3,
        readsNext: false,
        seqLen: 8,
      },
      {
        index: 2,
        first: 8,
        inputEnd: 12,
        scoreFrom: 11,
        scoreTo: 12,
        firstRow: 3,
        readsNext: true,
        seqLen: 5,
      },
    ])
  })

  it('scores every token with a preceding token exactly once, in the earliest window that holds it', () => {
    fc.assert(
      fc.property(spans, layouts, (span, layout) => {
        const scoredIn = new Map<number, number>()
        const { unscored, windows } = planWindows(span, layout)
        for (const window of windows) {
          for (let token = window.scoreFrom; token < window.scoreTo; token++) {
            expect(scoredIn.has(token)).toBe(false)
            scoredIn.set(token, window.index)
          }
        }
        expect(unscored).toBe(span.from === 0 && span.to > 0 && !layout.startToken ? 1 : 0)
        expect(scoredIn.size).toBe(span.to - span.from - unscored)
        for (const [token, window] of scoredIn) expect(window).toBe(earliestHolding(token, layout))
      }),
    )
  })

  it('has at most as many tokens in a window as the model has positions, and the right row for each token', () => {
    fc.assert(
      fc.property(spans, layouts, (span, layout) => {
        const tokenIds = Int32Array.from({ length: span.to }, (_, i) => 1000 + i)
        for (const window of planWindows(span, layout).windows) {
          const input = windowInput(tokenIds, window, layout)
          const targets = windowTargets(tokenIds, window)
          expect(input.length).toBeLessThanOrEqual(window.seqLen)
          expect(window.seqLen).toBeLessThanOrEqual(layout.nPositions)
          expect(targets.length).toBe(input.length - window.firstRow)
          for (const [i, target] of targets.entries()) {
            const isNext = window.readsNext && i === targets.length - 1
            expect(target).toBe(isNext ? NO_TARGET : 1000 + window.scoreFrom + i)
            const before = input[window.firstRow + i]
            expect(before).toBe(before === START_TOKEN_ID ? before : 1000 + window.scoreFrom + i - 1)
          }
        }
      }),
    )
  })

  it('reads only the last row as the next row', () => {
    fc.assert(
      fc.property(spans, layouts, (span, layout) => {
        const { windows } = planWindows(span, layout)
        expect(windows.map(({ readsNext }) => readsNext)).toEqual(
          windows.map((_, i) => i === windows.length - 1),
        )
        if (span.to > 0) expect(windows.at(-1)?.index).toBe(windowOf(span.to - 1, layout))
      }),
    )
  })
})

describe('countWindows', () => {
  it('matches the formula for a whole text', () => {
    fc.assert(
      fc.property(fc.nat({ max: 500 }), layouts, (n, layout) => {
        const length = layout.nPositions - (layout.startToken ? 1 : 0)
        const expected = 1 + Math.ceil(Math.max(0, n - length) / Math.floor(layout.nPositions / 2))
        expect(countWindows({ from: 0, to: n }, layout)).toBe(expected)
      }),
    )
  })

  it('matches the number of planned windows', () => {
    fc.assert(
      fc.property(spans, layouts, (span, layout) => {
        fc.pre(span.to > 0)
        expect(countWindows(span, layout)).toBe(planWindows(span, layout).windows.length)
      }),
    )
  })
})

describe('inputBefore and inputOfNext', () => {
  const tokenIds = Int32Array.from({ length: 12 }, (_, i) => i)
  const layout = { nPositions: 8, startToken: true }

  it('give the tokens before a token in the window that scores it', () => {
    expect([...inputBefore(tokenIds, 7, layout)]).toEqual([START_TOKEN_ID, 4, 5, 6])
    expect([...inputBefore(tokenIds, 6, layout)]).toEqual([START_TOKEN_ID, 0, 1, 2, 3, 4, 5])
  })

  it('give for `next` the window of the last token, including that token', () => {
    expect([...inputOfNext(tokenIds, 7, layout)]).toEqual([START_TOKEN_ID, 0, 1, 2, 3, 4, 5, 6])
    expect([...inputOfNext(tokenIds, 0, layout)]).toEqual([START_TOKEN_ID])
  })

  it('give the beginning of the planned window’s input', () => {
    fc.assert(
      fc.property(spans, layouts, (span, layout) => {
        const ids = Int32Array.from({ length: span.to }, (_, i) => i)
        for (const window of planWindows(span, layout).windows) {
          const input = windowInput(ids, window, layout)
          for (let token = window.scoreFrom; token < window.scoreTo; token++) {
            const row = window.firstRow + token - window.scoreFrom
            expect(inputBefore(ids, token, layout)).toEqual(input.slice(0, row + 1))
          }
          if (window.readsNext) expect(inputOfNext(ids, span.to, layout)).toEqual(input)
        }
      }),
    )
  })
})

/** The definition, computed by a search. */
function earliestHolding(token: number, { nPositions, startToken }: WindowLayout): number {
  const length = nPositions - (startToken ? 1 : 0)
  for (let window = 0; ; window++) {
    const first = window * Math.floor(nPositions / 2)
    if (first <= token && token < first + length) return window
  }
}
