import { type Metric, METRIC_SCALES, type Step, stepOfScore } from '../shared/numbers/metrics'
import type { TokenScore } from '../shared/contracts/prediction'
import type { TokenizedText } from '../shared/contracts/tokenizedText'
import type { TokenSpan } from './windows'
import type { LiveScores } from './liveScores'

export type Direction = 'next' | 'previous'

/** A token from which one looks for surprising ones, and which of them count. */
export interface SearchRequest {
  /** UTF-16 offset; the token that holds what stands here is found last. */
  readonly offset: number
  readonly direction: Direction
  readonly metric: Metric
}

export interface ScoredToken {
  /** Index among the document's tokens. */
  readonly token: number
  readonly score: TokenScore
  readonly stale: boolean
}

/**
 * The nearest token of step 4 or 5, around the end of the text; undefined where there is none.
 * What has no score on the way there is scored.
 * @throws what `LiveScores.score` throws
 */
export async function findSurprising(
  scores: LiveScores,
  { offset, direction, metric }: SearchRequest,
  signal: AbortSignal,
): Promise<ScoredToken | undefined> {
  const last = direction === 'next' ? 0 : -1
  let spans = 0
  for (const span of spansOnTheWay(scores.tokens, offset, direction)) {
    const priority = spans++ < URGENT_SPANS ? 'interactive' : 'bulk'
    await scores.scoreTokens(span, { signal, priority })
    const found = tokensFromStep(scores, span, metric, SURPRISING_STEP).at(last)
    if (found !== undefined) return found
  }
  return undefined
}

/** Scored tokens of at least this step, the most surprising ones first. */
export function mostSurprising(scores: LiveScores, metric: Metric, step: Step): ScoredToken[] {
  const { valueOf, weightOf } = METRIC_SCALES[metric]
  const weight = ({ score }: ScoredToken) => weightOf(valueOf(score))
  const everything = { from: 0, to: scores.tokens.tokenIds.length }
  return tokensFromStep(scores, everything, metric, step).sort((a, b) => weight(b) - weight(a))
}

/** Scored tokens of at least this step, in the text's order. */
export function tokensFromStep(
  scores: LiveScores,
  { from, to }: TokenSpan,
  metric: Metric,
  step: Step,
): ScoredToken[] {
  const tokens: ScoredToken[] = []
  for (let token = from; token < to; token++) {
    const score = scores.scoreOf(token)
    if (!score?.score || stepOfScore(metric, score.score) < step) continue
    tokens.push({ token, score: score.score, stale: score.stale })
  }
  return tokens
}

const SURPRISING_STEP: Step = 4
/** With the row behind the last one these are four steps of the engine. */
const TOKENS_AT_ONCE = 255
/** A search that takes longer than these shows its progress, and lets a hover or a completion overtake it. */
const URGENT_SPANS = 2

/** Every token of the text once, in the order in which they are come across. */
function* spansOnTheWay(
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
  }
}

function countUntil(offsets: Uint32Array, condition: (offset: number) => boolean): number {
  const index = offsets.findIndex(condition)
  return index === -1 ? offsets.length : index
}

function* cut({ from, to }: TokenSpan): Generator<TokenSpan> {
  for (let first = from; first < to; first += TOKENS_AT_ONCE)
    yield { from: first, to: Math.min(first + TOKENS_AT_ONCE, to) }
}
