// n tokens of a document, in columns that follow its edits in place: a keystroke costs one pass over the
// tokens behind it, and no tokenizing.

import type { Priority } from '../shared/contracts/engineApi'
import { CancelledError, LiveTextTooLongError } from '../shared/errors'
import { formatCount } from '../shared/text/format'
import type { TokenScore, TextRange } from '../shared/contracts/prediction'
import type { TextEdit } from '../shared/text/textEdit'
import { type TokenizedText, tokensTouching } from '../shared/contracts/tokenizedText'
import type { TokenSpan } from './windows'
import type { PredictionService } from './predictionService'

/** What the model thought of a token, when it was asked last. */
export interface LiveScore {
  /** Null where the token has nothing before it. */
  readonly score: TokenScore | null
  /** The text before it has changed since. */
  readonly stale: boolean
}

export interface ScoreOptions {
  readonly signal: AbortSignal
  /** Default `bulk`. */
  readonly priority?: Priority
  /** Some more tokens have their score. */
  readonly onScored?: () => void
}

/** Half a million tokens: with more, following an edit keeps the host's thread for longer than typing allows. */
const MAX_UNITS = 2_000_000

/**
 * The tokens of a document while it is edited, with the model's score of those that were asked for.
 * A score depends on nothing but the tokens before it, so an edit leaves those before it as they are.
 * The text is empty until the first `update`.
 */
export class LiveScores {
  private columns: TokenizedText = columnsOf(0)
  /** [n] Undefined where the token was not scored. */
  private scores: (TokenScore | null | undefined)[] = []
  /** [n] 1 where the score is that of another text before the token. */
  private stale = new Uint8Array()
  private upToDate = false
  /** Cancels what an edit makes pointless. */
  private work = new AbortController()

  constructor(
    private readonly service: PredictionService,
    /** Every window begins with the start token. */
    readonly startToken: boolean,
  ) {}

  /** Where the document's tokens stand; behind an edit a guess until the next `update`. */
  get tokens(): TokenizedText {
    return this.columns
  }

  /** The text has changed since the last `update`. */
  get outdated(): boolean {
    return !this.upToDate
  }

  /** Undefined where the token was not scored. */
  scoreOf(token: number): LiveScore | undefined {
    const score = this.scores[token]
    return score === undefined ? undefined : { score, stale: this.stale[token] === 1 }
  }

  /**
   * Follows the edits of one change of the text: the tokens that they touch are gone, those behind are moved
   * and stale. Running calls are cancelled.
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
    let kept = 0
    let shift = 0
    for (const cut of cuts) {
      // Two edits may touch the same token.
      const to = Math.max(from, cut.from)
      this.moveTokens({ from, to }, kept, shift)
      kept += to - from
      from = Math.max(from, cut.to)
      shift += cut.shift
    }
    const count = this.columns.tokenIds.length
    this.moveTokens({ from, to: count }, kept, shift)
    this.stale.fill(1, cuts.at(0)?.from ?? count)
    this.truncate(kept + count - from)
  }

  /**
   * Tokenizes the text as it is now. Up to the first token that is another one everything stays right;
   * behind it a token that stands where it stood keeps its score as a stale one.
   * @throws LiveTextTooLongError; CancelledError, also where an edit comes in between; and what
   * `PredictionService.tokenize` throws
   */
  async update(text: string, signal: AbortSignal): Promise<void> {
    if (this.upToDate) return
    if (text.length > MAX_UNITS)
      throw new LiveTextTooLongError(
        `It has ${formatCount(text.length)} characters, and colours follow the edits of ${formatCount(MAX_UNITS)} at most. Select a part and inspect that.`,
      )
    const running = AbortSignal.any([signal, this.work.signal])
    const tokenized = await this.service.tokenize(text, { signal: running })
    running.throwIfAborted()
    this.replaceColumns(ownColumns(tokenized))
    this.upToDate = true
  }

  /**
   * Scores the tokens that touch `range` and have no score, or a stale one. Needs an `update` before.
   * @throws CancelledError, also where an edit comes in between, and what `PredictionService.predict` throws
   */
  score(range: TextRange, options: ScoreOptions): Promise<void> {
    return this.scoreTokens(tokensTouching(this.columns, range), options)
  }

  /** The same for the tokens of a span. */
  async scoreTokens(span: TokenSpan, { signal, priority, onScored }: ScoreOptions): Promise<void> {
    const running = AbortSignal.any([signal, this.work.signal])
    running.throwIfAborted()
    const { tokenIds } = this.columns
    for (;;) {
      const { from, to } = this.firstUnsettled(span)
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

  /** The first tokens of the span, without gap, that have no score or a stale one. */
  private firstUnsettled({ from, to }: TokenSpan): TokenSpan {
    let first = from
    while (first < to && this.hasFreshScore(first)) first++
    let end = first
    while (end < to && !this.hasFreshScore(end)) end++
    return { from: first, to: end }
  }

  private hasFreshScore(token: number): boolean {
    return this.scores[token] !== undefined && this.stale[token] === 0
  }

  /** The tokens of a span go to token `at`, and their ranges by `shift` units. */
  private moveTokens({ from, to }: TokenSpan, at: number, shift: number): void {
    const { tokenIds, starts, ends, partials } = this.columns
    const end = at + to - from
    if (at !== from) {
      for (const column of [tokenIds, starts, ends, partials, this.stale]) column.copyWithin(at, from, to)
      for (let i = at; i < end; i++) this.scores[i] = this.scores[i + from - at]
    }
    if (shift === 0) return
    for (let i = at; i < end; i++) {
      starts[i] += shift
      ends[i] += shift
    }
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
      while (before.starts[old] < columns.starts[i]) old++
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

/** The service keeps what it gives, so edits must not reach it. */
function ownColumns({ tokenIds, starts, ends, partials }: TokenizedText): TokenizedText {
  return {
    tokenIds: tokenIds.slice(),
    starts: starts.slice(),
    ends: ends.slice(),
    partials: partials.slice(),
  }
}

/** How many tokens are the same from the beginning on. */
function commonPrefix({ tokenIds: a }: TokenizedText, { tokenIds: b }: TokenizedText): number {
  const shorter = Math.min(a.length, b.length)
  let same = 0
  while (same < shorter && a[same] === b[same]) same++
  return same
}

/** How many tokens behind the first `prefix` ones are the same, at the same places, up to the end. */
function commonSuffix(a: TokenizedText, b: TokenizedText, prefix: number): number {
  const most = Math.min(a.tokenIds.length, b.tokenIds.length) - prefix
  let same = 0
  while (same < most && standsAt(a, a.tokenIds.length - 1 - same, b, b.tokenIds.length - 1 - same)) same++
  return same
}

function standsAt(a: TokenizedText, i: number, b: TokenizedText, j: number): boolean {
  return a.tokenIds[i] === b.tokenIds[j] && a.starts[i] === b.starts[j]
}
