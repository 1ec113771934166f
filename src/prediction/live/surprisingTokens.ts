import { assertNever } from '../../shared/assertNever'
import type { TokenScore } from '../../shared/contracts/engine/prediction'
import type { TokenizedText } from '../../shared/contracts/engine/tokenizedText'
import { type Metric, METRIC_SCALES, type Step, stepOfScore } from '../../shared/numbers/metrics'
import type { LiveScores } from './liveScores'
import type { TokenSpan } from '../windows/windows'

export type Direction = 'next' | 'previous'

/** Where a search for surprising tokens starts, and in which direction. */
export interface SearchRequest {
  /** UTF-16 offset; the token at this offset is found last. */
  readonly offset: number
  readonly direction: Direction
  readonly metric: Metric
}

export interface ScoredToken {
  /** Index in the document's tokens. */
  readonly token: number
  readonly score: TokenScore
  readonly stale: boolean
}

/**
 * Finds the nearest token of step 4 or 5. The search wraps around at the end of the text and scores tokens that have
 * no score yet. Undefined if the text has no such token.
 * @throws what `LiveScores.score` throws
 */
export async function findSurprising(
  scores: LiveScores,
  { offset, direction, metric }: SearchRequest,
  signal: AbortSignal,
): Promise<ScoredToken | undefined> {
  const last = direction === 'next' ? 0 : -1
  let spans = 0
  for (const span of spansInSearchOrder(scores.tokens, offset, direction)) {
    const priority = spans++ < URGENT_SPANS ? 'interactive' : 'bulk'
    await scores.scoreTokens(span, { signal, priority })
    const found = tokensFromStep(scores, span, metric, SURPRISING_STEP).at(last)
    if (found !== undefined) return found
  }
  return undefined
}

/** Scored tokens of at least this step, most surprising first. */
export function mostSurprising(scores: LiveScores, metric: Metric, step: Step): ScoredToken[] {
  const { valueOf, weightOf } = METRIC_SCALES[metric]
  const weight = ({ score }: ScoredToken) => weightOf(valueOf(score))
  const everything = { from: 0, to: scores.tokens.tokenIds.length }
  return tokensFromStep(scores, everything, metric, step).sort((a, b) => weight(b) - weight(a))
}

/** Scored tokens of at least this step, in the order of the text. */
export function tokensFromStep(
  scores: LiveScores,
  { from, to }: TokenSpan,
  metric: Metric,
  step: Step,
): ScoredToken[] {
  const tokens: ScoredToken[] = []
  for (let token = from; token < to; token++) {
    const { score, stale } = scores.predictionOf(token) ?? NOT_SCORED
    if (score === null || stepOfScore(metric, score) < step) continue
    tokens.push({ token, score, stale })
  }
  return tokens
}

const NOT_SCORED = { score: null, stale: false }
const SURPRISING_STEP: Step = 4
/** Together with the row after the last token, 256 positions: four steps of the engine in fp32. */
const TOKENS_PER_SPAN = 255
/** These spans run at interactive priority. A longer search shows progress; hovers and completions run before it. */
const URGENT_SPANS = 2

/** Spans that together hold every token of the text once, in search order. */
function* spansInSearchOrder(
  { starts, ends }: TokenizedText,
  offset: number,
  direction: Direction,
): Generator<TokenSpan> {
  const count = starts.length
  switch (direction) {
    case 'next': {
      const begin = countUntil(starts, (start) => start > offset)
      yield* cut({ from: begin, to: count })
      yield* cut({ from: 0, to: begin })
      break
    }
    case 'previous': {
      const begin = countUntil(ends, (end) => end > offset)
      yield* [...cut({ from: 0, to: begin })].reverse()
      yield* [...cut({ from: begin, to: count })].reverse()
      break
    }
    default:
      assertNever(direction)
  }
}

function countUntil(offsets: Uint32Array, condition: (offset: number) => boolean): number {
  const index = offsets.findIndex(condition)
  return index === -1 ? offsets.length : index
}

function* cut({ from, to }: TokenSpan): Generator<TokenSpan> {
  for (let first = from; first < to; first += TOKENS_PER_SPAN)
    yield { from: first, to: Math.min(first + TOKENS_PER_SPAN, to) }
}
