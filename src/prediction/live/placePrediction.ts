import type { Distribution, ModelInfo, Token, TokenScore } from '../../shared/contracts/engine/prediction'
import { tokensOf, tokensTouching } from '../../shared/contracts/engine/tokenizedText'
import { elementAt } from '../../shared/elementAt'
import type { PredictionService } from '../windows/predictionService'
import { tokensSeenBefore } from '../windows/windows'

/** A place in a text: the character at `offset`, or the text's end. */
export interface PlaceRequest {
  readonly text: string
  /** In UTF-16 units. */
  readonly offset: number
  readonly startToken: boolean
  /** 1 to 100. */
  readonly topK: number
}

export interface ScoredToken extends Token {
  /** Null for a token that nothing precedes. */
  readonly score: TokenScore | null
  readonly context: SeenContext
}

/** How much of the text before a token the model saw. */
export interface SeenContext {
  /** Number of tokens that the model saw before it, without the start token. */
  readonly seen: number
  /** Number of tokens of the text before it. */
  readonly available: number
}

/** The token after a place, and the distribution that predicts it. */
export interface NextToken {
  /** Null if no token precedes it, not even the start token. */
  readonly distribution: Distribution | null
  /** The actual next token; null at the text's end. */
  readonly tokenId: number | null
  readonly context: SeenContext
}

/** The predictions for a place, at temperature 1, given all of the text before it. */
export interface PlacePrediction {
  readonly model: ModelInfo
  /** The tokens of the character, in order; none at the text's end. */
  readonly tokens: readonly ScoredToken[]
  readonly next: NextToken
}

/**
 * Scores the tokens of one character and gets the distribution after them.
 * @throws what `PredictionService.tokenize` and `PredictionService.predict` throw
 */
export async function predictPlace(
  service: PredictionService,
  { text, offset, startToken, topK }: PlaceRequest,
  signal?: AbortSignal,
): Promise<PlacePrediction> {
  const model = await service.model({ signal })
  const tokenized = await service.tokenize(text, { signal })
  const { tokenIds } = tokenized
  const { from, to } = tokensTouching(tokenized, { start: offset, end: offset + 1 })
  // The next token is scored too, because its own window may hold less context than the window of these tokens.
  const { scores, next } = await service.predict(
    { tokenIds, from, to: Math.min(to + 1, tokenIds.length), startToken, topK, temperature: 1 },
    { priority: 'interactive', signal },
  )
  const layout = { nPositions: model.nPositions, startToken }
  const contextOf = (token: number): SeenContext => ({
    seen: tokensSeenBefore({ from: token, to: token + 1 }, layout),
    available: token,
  })
  const atEnd = to === tokenIds.length
  return {
    model,
    tokens: tokensOf(tokenized, from, to).map((token, i) => ({
      ...token,
      score: elementAt(scores, i),
      context: contextOf(from + i),
    })),
    next: atEnd
      ? {
          distribution: next,
          tokenId: null,
          context: { seen: tokensSeenBefore({ from: to, to }, layout), available: to },
        }
      : {
          distribution: elementAt(scores, to - from),
          tokenId: elementAt(tokenIds, to),
          context: contextOf(to),
        },
  }
}
