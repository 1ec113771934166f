// N = nPositions, S = ⌊N / 2⌋ the stride, L the number of tokens that fit in a window after the start token.
// Window w holds the tokens w·S … w·S + L − 1 of the whole text. A token is scored in the earliest window that
// holds it, where it has the most context. Windows are aligned to the whole text, so requests for different parts of
// it share windows and the engine's cached prefixes.

import { NO_TARGET } from '../../shared/contracts/engine/engineApi'
import { type ModelInfo, START_TOKEN_ID } from '../../shared/contracts/engine/prediction'

/** Determines the size and the stride of the windows. */
export interface WindowLayout {
  /** At least 2. */
  readonly nPositions: number
  /** Whether every window begins with the start token. */
  readonly startToken: boolean
}

/**
 * The windows of a sequence that a model scores.
 * @param request may limit the windows to fewer tokens than the model takes
 */
export function layoutOf(
  { nPositions }: Pick<ModelInfo, 'nPositions'>,
  request: Pick<WindowLayout, 'startToken'> & { readonly maxPositions?: number },
): WindowLayout {
  const { startToken, maxPositions = nPositions } = request
  return { nPositions: Math.min(nPositions, maxPositions), startToken }
}

/** The tokens [from, to) of a text. */
export interface TokenSpan {
  readonly from: number
  readonly to: number
}

/** One run of the model. Its input is the start token, if there is one, and the text's tokens [first, inputEnd). */
export interface Window {
  /** Index among the windows of the whole text. */
  readonly index: number
  readonly first: number
  readonly inputEnd: number
  /** The tokens [scoreFrom, scoreTo) are scored in this window, by consecutive rows starting with `firstRow`. */
  readonly scoreFrom: number
  readonly scoreTo: number
  readonly firstRow: number
  /** Whether the row after those of the scored tokens is read too: the distribution after the span's last token. */
  readonly readsNext: boolean
  /** Length of `input_ids` for the whole window, up to the span's end. */
  readonly seqLen: number
}

export interface WindowPlan {
  /** Number of tokens at the span's start that nothing precedes and that therefore have no score: 0 or 1. */
  readonly unscored: number
  /** In order; together they score every other token of the span exactly once. */
  readonly windows: readonly Window[]
}

/**
 * Plans the windows that score the tokens of `span` and read the distribution after the last one, which is read in
 * the window that scores the last one. No windows if there is neither a token nor a start token.
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

/** The number of windows that score the tokens of `span`; for a whole text of n tokens 1 + ⌈max(0, n − L) / S⌉. */
export function countWindows(span: TokenSpan, layout: WindowLayout): number {
  return lastWindowOf(span, layout) - firstWindowOf(span, layout) + 1
}

/** The number of tokens of the text that precede the span's first token in the window that scores it. */
export function tokensSeenBefore(span: TokenSpan, layout: WindowLayout): number {
  return span.from - firstWindowOf(span, layout) * strideOf(layout)
}

/** The index of the earliest window that holds `token`. */
export function windowOf(token: number, layout: WindowLayout): number {
  return Math.max(0, Math.ceil((token - tokensPerWindow(layout) + 1) / strideOf(layout)))
}

/** The input of a window's run, [the start token +] inputEnd − first tokens. */
export function windowInput(tokenIds: Int32Array, window: Window, layout: WindowLayout): Int32Array {
  return inputOf(tokenIds, window.first, window.inputEnd, layout)
}

/** The token that each row scores, starting with `firstRow`; NO_TARGET for the row that is only read. */
export function windowTargets(tokenIds: Int32Array, window: Window): Int32Array {
  const scored = tokenIds.subarray(window.scoreFrom, window.scoreTo)
  return window.readsNext ? Int32Array.of(...scored, NO_TARGET) : scored.slice()
}

/** The input whose last row scores `token`: the tokens before it in the window that scores it. */
export function inputBefore(tokenIds: Int32Array, token: number, layout: WindowLayout): Int32Array {
  return inputOf(tokenIds, windowOf(token, layout) * strideOf(layout), token, layout)
}

/** The input whose last row is the distribution after the first `to` tokens. */
export function inputOfNext(tokenIds: Int32Array, to: number, layout: WindowLayout): Int32Array {
  return inputOf(tokenIds, windowOf(to - 1, layout) * strideOf(layout), to, layout)
}

/** The input of the rows before `endRow` of the window that begins with token `first`. */
export function inputOfRows(
  tokenIds: Int32Array,
  { first, endRow }: { readonly first: number; readonly endRow: number },
  layout: WindowLayout,
): Int32Array {
  return inputOf(tokenIds, first, first + endRow - startTokens(layout), layout)
}

/** The row of `token` in the window that begins with token `first`, which is not after it. */
export function rowOf(token: number, first: number, layout: WindowLayout): number {
  return rowThatScores(token + 1, first, layout)
}

/** The row that predicts a token, in the window that scores the token. */
export interface PredictingRow {
  /** Index of the window's first token. */
  readonly first: number
  /** −1 if nothing precedes the token. */
  readonly row: number
}

/** The row that predicts `token` of a text that ends before token `end`; `end` itself is the row after the last token. */
export function predictingRow(token: number, end: number, layout: WindowLayout): PredictingRow {
  const first = windowOf(Math.min(token, end - 1), layout) * strideOf(layout)
  return { first, row: rowThatScores(token, first, layout) }
}

/** A window for generating tokens after a text. */
export interface ContinuedWindow {
  /** Index of the window's first token in the text. */
  readonly first: number
  /** The start token, if there is one, and the text's tokens starting with `first`. */
  readonly input: Int32Array
  /** The number of tokens that fit after the input: as requested, but at most the stride. */
  readonly room: number
}

/**
 * The earliest window that has space for `room` more tokens after all of `tokenIds`. It changes once per stride, so a
 * text that grows by a few tokens keeps its cached prefix.
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

/** The first token that no earlier window holds. */
function firstScoredIn(index: number, layout: WindowLayout): number {
  return (index - 1) * strideOf(layout) + tokensPerWindow(layout)
}

/** Row r of a run is the output after input token r and scores the token after it. */
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
