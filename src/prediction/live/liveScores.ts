// n: number of the document's tokens. Columns are edited in place, so a keystroke costs one pass over the tokens
// after it and does not tokenize.

import type { Priority } from '../../shared/contracts/engine/engineApi'
import type { TextRange, TokenScore } from '../../shared/contracts/engine/prediction'
import { type TokenizedText, tokensTouching } from '../../shared/contracts/engine/tokenizedText'
import { CancelledError, LiveTextTooLongError } from '../../shared/errors'
import { formatCount } from '../../shared/text/format'
import type { TextEdit } from '../../shared/text/textEdit'
import type { PredictionService } from '../windows/predictionService'
import type { TokenSpan } from '../windows/windows'

/** The last prediction of a token. */
export interface LivePrediction {
  /** Null for a token that nothing precedes. */
  readonly score: TokenScore | null
  /** The text before the token has changed since it was scored. */
  readonly stale: boolean
}

export interface ScoreOptions {
  readonly signal: AbortSignal
  /** Default `bulk`. */
  readonly priority?: Priority
  /** Called after further tokens were scored. */
  readonly onScored?: () => void
}

/** UTF-16 units, about half a million tokens. In longer texts applying an edit blocks the host's thread noticeably. */
const MAX_UNITS = 2_000_000

/**
 * The tokens of a document that is being edited, with the scores that were requested.
 * A score depends only on the tokens before it, so an edit does not change the scores before it.
 * The text is empty until the first `update`.
 */
export class LiveScores {
  private columns: TokenizedText = columnsOf(0)
  /** [n] Undefined if the token was not scored. */
  private scores: (TokenScore | null | undefined)[] = []
  /** [n] 1 if the text before the token has changed since it was scored. */
  private stale = new Uint8Array()
  private upToDate = false
  /** Aborted by each edit: running calls work on an outdated text. */
  private work = new AbortController()

  constructor(
    private readonly service: PredictionService,
    /** Whether every window begins with the start token. */
    readonly startToken: boolean,
  ) {}

  /** The document's tokens. After an edit they are an estimate until the next `update`. */
  get tokens(): TokenizedText {
    return this.columns
  }

  /** Whether the text has changed since the last `update`. */
  get outdated(): boolean {
    return !this.upToDate
  }

  /** Undefined if the token was not scored. */
  predictionOf(token: number): LivePrediction | undefined {
    const score = this.scores[token]
    return score === undefined ? undefined : { score, stale: this.stale[token] === 1 }
  }

  /**
   * Applies the edits of one change of the text: removes the tokens that they touch, moves the tokens after them and
   * marks those as stale. Cancels running calls.
   */
  edit(edits: readonly TextEdit[]): void {
    this.work.abort(new CancelledError())
    this.work = new AbortController()
    this.upToDate = false
    const cuts = [...edits]
      .sort((a, b) => a.rangeOffset - b.rangeOffset)
      .map(({ rangeOffset: start, rangeLength, text }) => ({
        ...tokensTouching(this.columns, { start, end: start + rangeLength }),
        shift: text.length - rangeLength,
      }))
    let from = 0
    let count = 0
    let shift = 0
    for (const cut of cuts) {
      // Two edits may touch the same token.
      const to = Math.max(from, cut.from)
      this.moveTokens({ from, to }, count, shift)
      count += to - from
      from = Math.max(from, cut.to)
      shift += cut.shift
    }
    const end = this.columns.tokenIds.length
    this.moveTokens({ from, to: end }, count, shift)
    this.stale.fill(1, cuts.at(0)?.from ?? end)
    this.truncate(count + end - from)
  }

  /**
   * Tokenizes the current text. Scores before the first token that differs stay valid; after it, a token that is
   * unchanged and at the same place keeps its score, which is stale.
   * @throws LiveTextTooLongError; CancelledError, also if the text is edited during the call; and what
   * `PredictionService.tokenize` throws
   */
  async update(text: string, signal: AbortSignal): Promise<void> {
    if (this.upToDate) return
    if (text.length > MAX_UNITS)
      throw new LiveTextTooLongError(
        `The document has ${formatCount(text.length)} characters, more than the ${formatCount(MAX_UNITS)} that can be coloured. Select a part and inspect it.`,
      )
    const running = AbortSignal.any([signal, this.work.signal])
    const tokenized = await this.service.tokenize(text, { signal: running })
    running.throwIfAborted()
    this.replaceColumns(ownColumns(tokenized))
    this.upToDate = true
  }

  /**
   * Scores the tokens that touch `range` and have no score or a stale one. The text must be up to date.
   * @throws CancelledError, also if the text is edited during the call, and what `PredictionService.predict` throws
   */
  score(range: TextRange, options: ScoreOptions): Promise<void> {
    return this.scoreTokens(tokensTouching(this.columns, range), options)
  }

  /** Does the same as `score` for the tokens of a span. */
  async scoreTokens(span: TokenSpan, { signal, priority, onScored }: ScoreOptions): Promise<void> {
    const running = AbortSignal.any([signal, this.work.signal])
    running.throwIfAborted()
    const { tokenIds } = this.columns
    for (;;) {
      const { from, to } = this.firstOutdated(span)
      if (from === to) return
      let token = from
      await this.service.predict(
        {
          tokenIds: tokenIds.subarray(0, to),
          from,
          to,
          startToken: this.startToken,
          topK: 1,
          temperature: 1,
        },
        {
          signal: running,
          priority,
          onScores: (scores) => {
            for (const score of scores) {
              this.scores[token] = score
              this.stale[token] = 0
              token++
            }
            onScored?.()
          },
        },
      )
      running.throwIfAborted()
    }
  }

  dispose(): void {
    this.work.abort(new CancelledError())
  }

  /** The first contiguous run of tokens in the span that have no score or a stale one. */
  private firstOutdated({ from, to }: TokenSpan): TokenSpan {
    let first = from
    while (first < to && this.hasFreshScore(first)) first++
    let end = first
    while (end < to && !this.hasFreshScore(end)) end++
    return { from: first, to: end }
  }

  private hasFreshScore(token: number): boolean {
    return this.scores[token] !== undefined && this.stale[token] === 0
  }

  /** Moves the tokens of a span to index `at`, and their ranges by `shift` UTF-16 units. */
  private moveTokens({ from, to }: TokenSpan, at: number, shift: number): void {
    const { tokenIds, starts, ends, partials } = this.columns
    const end = at + to - from
    if (at !== from) {
      for (const column of [tokenIds, starts, ends, partials, this.stale]) column.copyWithin(at, from, to)
      for (let i = at; i < end; i++) this.scores[i] = this.scores[i + from - at]
    }
    if (shift === 0) return
    shiftBy(starts.subarray(at, end), shift)
    shiftBy(ends.subarray(at, end), shift)
  }

  private truncate(count: number): void {
    const { tokenIds, starts, ends, partials } = this.columns
    this.columns = {
      tokenIds: tokenIds.subarray(0, count),
      starts: starts.subarray(0, count),
      ends: ends.subarray(0, count),
      partials: partials.subarray(0, count),
    }
    this.scores.length = count
    this.stale = this.stale.subarray(0, count)
  }

  private replaceColumns(columns: TokenizedText): void {
    const before = this.columns
    const count = columns.tokenIds.length
    const same = commonPrefix(before, columns)
    const moved = commonSuffix(before, columns, same)
    const scoredBefore = this.scores
    const between = new Array<TokenScore | null | undefined>(count - moved - same).fill(undefined)
    for (let i = same, old = same; i < count - moved; i++) {
      while ((before.starts[old] ?? NaN) < (columns.starts[i] ?? NaN)) old++
      if (!standsAt(before, old, columns, i)) continue
      between[i - same] = scoredBefore[old]
      old++
    }
    const stale = new Uint8Array(count).fill(1, same)
    stale.set(this.stale.subarray(0, same))
    this.columns = columns
    this.scores = scoredBefore.slice(0, same).concat(between, scoredBefore.slice(scoredBefore.length - moved))
    this.stale = stale
  }
}

function columnsOf(count: number): TokenizedText {
  return {
    tokenIds: new Int32Array(count),
    starts: new Uint32Array(count),
    ends: new Uint32Array(count),
    partials: new Uint8Array(count),
  }
}

/** Copies the columns: edits must not change those in the service's cache. */
function ownColumns({ tokenIds, starts, ends, partials }: TokenizedText): TokenizedText {
  return {
    tokenIds: tokenIds.slice(),
    starts: starts.slice(),
    ends: ends.slice(),
    partials: partials.slice(),
  }
}

function shiftBy(offsets: Uint32Array, shift: number): void {
  offsets.forEach((offset, i) => {
    offsets[i] = offset + shift
  })
}

/** The number of tokens that are the same at the beginning. */
function commonPrefix({ tokenIds: a }: TokenizedText, { tokenIds: b }: TokenizedText): number {
  const shorter = Math.min(a.length, b.length)
  let same = 0
  while (same < shorter && a[same] === b[same]) same++
  return same
}

/** The number of tokens at the end, after the first `prefix` ones, that are the same and at the same places. */
function commonSuffix(a: TokenizedText, b: TokenizedText, prefix: number): number {
  const shorter = Math.min(a.tokenIds.length, b.tokenIds.length) - prefix
  let same = 0
  while (same < shorter && standsAt(a, a.tokenIds.length - 1 - same, b, b.tokenIds.length - 1 - same)) same++
  return same
}

function standsAt(a: TokenizedText, i: number, b: TokenizedText, j: number): boolean {
  return a.tokenIds[i] === b.tokenIds[j] && a.starts[i] === b.starts[j]
}
