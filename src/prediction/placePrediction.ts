import type { Distribution, ModelInfo, Token, TokenScore } from '../shared/contracts/prediction'
import { tokensOf, tokensTouching } from '../shared/contracts/tokenizedText'
import { tokensSeenBefore } from './windows'
import type { PredictionService } from './predictionService'

/** A place in a text: the character at `offset`, or the end. */
export interface PlaceRequest {
  readonly text: string
  /** UTF-16. */
  readonly offset: number
  readonly startToken: boolean
  /** 1 to 100. */
  readonly topK: number
}

export interface ScoredToken extends Token {
  /** Null where nothing stands before the token. */
  readonly score: TokenScore | null
  /** How many tokens the model saw before it, the start token not counted. */
  readonly contextTokens: number
}

/** What stands behind a place, and what the model expected there. */
export interface NextToken {
  /** Null where nothing stands before it. */
  readonly distribution: Distribution | null
  /** The token that is there; null at the text's end. */
  readonly tokenId: number | null
  /** How many tokens the model saw before it, the start token not counted. */
  readonly contextTokens: number
}

/** What the model makes of a place, at temperature 1, with all of the text before it. */
export interface PlacePrediction {
  readonly model: ModelInfo
  /** Those that hold the character, in order; none at the text's end. */
  readonly tokens: readonly ScoredToken[]
  readonly next: NextToken
}

/** Scores the tokens of one character, and reads what is expected behind them. Throws what `predict` throws. */
export async function predictPlace(
  service: PredictionService,
  { text, offset, startToken, topK }: PlaceRequest,
  signal?: AbortSignal,
): Promise<PlacePrediction> {
  const model = await service.model({ signal })
  const tokenized = await service.tokenize(text, { signal })
  const { tokenIds } = tokenized
  const { from, to } = tokensTouching(tokenized, { start: offset, end: offset + 1 })
  // The token behind is scored as well: in a window of its own it may have seen less than these have.
  const { scores, next } = await service.predict(
    { tokenIds, from, to: Math.min(to + 1, tokenIds.length), startToken, topK, temperature: 1 },
    { priority: 'interactive', signal },
  )
  const layout = { nPositions: model.nPositions, startToken }
  const seenBefore = (token: number) => tokensSeenBefore({ from: token, to: token + 1 }, layout)
  const atEnd = to === tokenIds.length
  return {
    model,
    tokens: tokensOf(tokenized, from, to).map((token, i) => ({
      ...token,
      score: scores[i],
      contextTokens: seenBefore(from + i),
    })),
    next: atEnd
      ? { distribution: next, tokenId: null, contextTokens: tokensSeenBefore({ from: to, to }, layout) }
      : { distribution: scores[to - from], tokenId: tokenIds[to], contextTokens: seenBefore(to) },
  }
}
