// N = nPositions, L = tokens that fit in a window behind the start token, S = stride.
// Window w holds the tokens w·S … w·S + L − 1 of the whole text; a token is scored in the earliest window
// that holds it, where it has the most context. The windows lie over the whole text, so that every part
// of it that is looked at shares them and the prefixes that the engine keeps.

import { NO_TARGET } from '../shared/contracts/engineApi'
import { START_TOKEN_ID } from '../shared/contracts/prediction'

/** What the windows' size follows from. */
export interface WindowLayout {
  /** At least 2. */
  readonly nPositions: number
  /** Every window begins with the start token. */
  readonly startToken: boolean
}

/** The tokens [from, to) of a text. */
export interface TokenSpan {
  readonly from: number
  readonly to: number
}

/** One run of the model. Its input is [the start token,] then the text's tokens [first, inputEnd). */
export interface Window {
  /** Which one of the text's windows this is. */
  readonly index: number
  readonly first: number
  readonly inputEnd: number
  /** The tokens [scoreFrom, scoreTo) are scored here, in the rows from `firstRow` on. */
  readonly scoreFrom: number
  readonly scoreTo: number
  readonly firstRow: number
  /** One more row follows those of the scored tokens: the distribution after the span's last token. */
  readonly readsNext: boolean
  /** How long `input_ids` are where this window is run whole, up to the span's end. */
  readonly seqLen: number
}

export interface WindowPlan {
  /** How many of the span's first tokens have nothing before them and so no score: 0 or 1. */
  readonly unscored: number
  /** In order; together they score every other token of the span once. */
  readonly windows: readonly Window[]
}

/**
 * The windows that score the tokens of `span` and read the distribution after its last one,
 * in the window that scores that last one. There are none where nothing can be scored or read.
 */
export function planWindows(span: TokenSpan, layout: WindowLayout): WindowPlan {
  const { from, to } = span
  const unscored = from === 0 && to > 0 && !layout.startToken ? 1 : 0
  if (to === 0 && !layout.startToken) return { unscored, windows: [] }
  const last = lastWindowOf(span, layout)
  const windows: Window[] = []
  for (let index = firstWindowOf(span, layout); index <= last; index++) {
    const first = index * strideOf(layout)
    const windowEnd = Math.min(first + tokensPerWindow(layout), to)
    const scoreFrom = index === 0 ? from + unscored : Math.max(from, firstScoredIn(index, layout))
    const readsNext = index === last
    windows.push({
      index,
      first,
      inputEnd: readsNext ? to : windowEnd - 1,
      scoreFrom,
      scoreTo: windowEnd,
      firstRow: rowThatScores(scoreFrom, first, layout),
      readsNext,
      seqLen: startTokens(layout) + windowEnd - first,
    })
  }
  return { unscored, windows }
}

/** How many windows the tokens of `span` are scored in; for a whole text 1 + ⌈max(0, n − L) / S⌉. */
export function countWindows(span: TokenSpan, layout: WindowLayout): number {
  return lastWindowOf(span, layout) - firstWindowOf(span, layout) + 1
}

/** How many of the text's tokens the model sees before the span's first one, in the window that scores that. */
export function tokensSeenBefore(span: TokenSpan, layout: WindowLayout): number {
  return span.from - firstWindowOf(span, layout) * strideOf(layout)
}

/** The earliest window that holds `token`. */
export function windowOf(token: number, layout: WindowLayout): number {
  return Math.max(0, Math.ceil((token - tokensPerWindow(layout) + 1) / strideOf(layout)))
}

/** The input of a window's run. */
export function windowInput(tokenIds: Int32Array, window: Window, layout: WindowLayout): Int32Array {
  return inputOf(tokenIds, window.first, window.inputEnd, layout)
}

/** The token that each row of a window's run scores, from `firstRow` on. */
export function windowTargets(tokenIds: Int32Array, window: Window): Int32Array {
  const scored = tokenIds.subarray(window.scoreFrom, window.scoreTo)
  return window.readsNext ? Int32Array.of(...scored, NO_TARGET) : scored.slice()
}

/** The input whose last row scores `token`: what the model saw before it in the window that scores it. */
export function inputBefore(tokenIds: Int32Array, token: number, layout: WindowLayout): Int32Array {
  return inputOf(tokenIds, windowOf(token, layout) * strideOf(layout), token, layout)
}

/** The input whose last row is the distribution after the first `to` tokens. */
export function inputOfNext(tokenIds: Int32Array, to: number, layout: WindowLayout): Int32Array {
  return inputOf(tokenIds, windowOf(to - 1, layout) * strideOf(layout), to, layout)
}

/** Where a text is to go on: the input of a run, and how many tokens can follow it there. */
export interface ContinuedWindow {
  /** The window's first token of the text. */
  readonly first: number
  /** [The start token,] then the text's tokens from `first` on. */
  readonly input: Int32Array
  /** As many as were asked for, or half of what the model can see. */
  readonly room: number
}

/**
 * The earliest window that holds `room` more tokens behind all of `tokenIds`: it changes once in a stride,
 * so that a text that grows by a few tokens keeps its prefix.
 */
export function windowToContinue(tokenIds: Int32Array, room: number, layout: WindowLayout): ContinuedWindow {
  const held = Math.min(room, strideOf(layout))
  const first = windowOf(tokenIds.length + held - 1, layout) * strideOf(layout)
  return { first, input: inputOf(tokenIds, first, tokenIds.length, layout), room: held }
}

function inputOf(tokenIds: Int32Array, first: number, end: number, layout: WindowLayout): Int32Array {
  const input = new Int32Array(startTokens(layout) + end - first)
  if (layout.startToken) input[0] = START_TOKEN_ID
  input.set(tokenIds.subarray(first, end), startTokens(layout))
  return input
}

function firstWindowOf({ from, to }: TokenSpan, layout: WindowLayout): number {
  return windowOf(Math.min(from, to - 1), layout)
}

function lastWindowOf({ to }: TokenSpan, layout: WindowLayout): number {
  return windowOf(to - 1, layout)
}

/** The first token that is not in an earlier window. */
function firstScoredIn(index: number, layout: WindowLayout): number {
  return (index - 1) * strideOf(layout) + tokensPerWindow(layout)
}

/** Row r of a run stands behind input token r and scores the one after it. */
function rowThatScores(token: number, first: number, layout: WindowLayout): number {
  return startTokens(layout) + token - first - 1
}

function tokensPerWindow(layout: WindowLayout): number {
  return layout.nPositions - startTokens(layout)
}

function strideOf({ nPositions }: WindowLayout): number {
  return Math.floor(nPositions / 2)
}

function startTokens({ startToken }: WindowLayout): number {
  return startToken ? 1 : 0
}
