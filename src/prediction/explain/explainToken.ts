import type { Contrast, Attribution, ContextPoint } from '../../shared/contracts/engine/explanation'
import type { ModelInfo } from '../../shared/contracts/engine/prediction'
import { elementAt } from '../../shared/elementAt'
import { InvalidRequestError } from '../../shared/errors'
import { formatCounted } from '../../shared/text/format'
import { answerWhy, NOTHING_KNOWN, type RowQuestion } from './answerWhy'
import type { Explanations } from './explanations'
import { windowRow } from './windowRow'
import type { PreparedInspection } from '../windows/inspectDocument'
import type { PredictionService } from '../windows/predictionService'
import type { ExplainedToken } from '../report/json/whyReport'

/** A token by its id, or the first token of a text that is tokenized as it stands. */
export type TokenChoice = { readonly tokenId: number } | { readonly text: string }

export interface TokenQuestion {
  readonly prepared: PreparedInspection
  /** Index of the section; default 0. */
  readonly section?: number
  /** Position of the token in the section; `next` is the row after its last token. */
  readonly at: number | 'next'
  /** The token to explain. Default: the one that stands there; for `next` the most likely one. */
  readonly token?: TokenChoice
  /** The contrast of the token's logit: a token, the mean of all, or null for nothing. Default: the most likely other token. */
  readonly contrast?: TokenChoice | 'mean' | null
}

/**
 * Answers why a token is predicted: direct logit attribution and the context curve.
 * @throws InvalidRequestError if the question names a token or a position that does not exist, AttributionNeedsFp32Error, and
 * what `PredictionService.predict` throws
 */
export async function explainToken(
  { service, explanations }: { readonly service: PredictionService; readonly explanations: Explanations },
  question: TokenQuestion,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<ExplainedToken> {
  const { prepared, section = 0, at } = question
  const { inspection } = prepared
  const { startToken, model } = inspection
  const { tokenIds, from, to } = elementAt(prepared.sequences, section)
  if (at !== 'next' && !(Number.isInteger(at) && at >= 0 && at < to - from))
    throw positionError(at, to - from)
  const token = at === 'next' ? to : from + at
  const sequence = { tokenIds, to, startToken, model }
  const row = windowRow(sequence, token)

  const end = Math.min(token + 1, to)
  const request = { ...sequence, from: token, to: end, topK: 2, temperature: 1 }
  const { scores, next } = await service.predict(request, { signal, priority: 'interactive' })
  const distribution = at === 'next' ? next : elementAt(scores, 0)
  if (row === undefined || distribution === null)
    throw new InvalidRequestError('Nothing precedes the first token, so no row predicts it.')
  const likely = Array.from(distribution.top, ({ tokenId }) => tokenId)
  const standing = at === 'next' ? elementAt(likely, 0) : elementAt(tokenIds, token)

  const find = (choice: TokenChoice) =>
    idOf(choice, { explanations, vocabularySize: model.vocabularySize, signal })
  const tokenId = question.token === undefined ? standing : await find(question.token)
  const contrast = await contrastOf(question.contrast, { likely, tokenId, find })
  const answer = await attributed(explanations, { row, tokenId, contrast }, signal)
  const { attribution, contextCurve } = answer
  const answered = { ...inspection, model: answer.model }
  const { inputIds } = row
  return {
    inspection: answered,
    section,
    position: at,
    inputIds,
    tokenId,
    contrast,
    attribution,
    contextCurve,
  }
}

/** The parts of an answer that the CLI and the API report, and the model of the backend that computed them. */
async function attributed(
  explanations: Explanations,
  subject: Pick<RowQuestion, 'row' | 'tokenId' | 'contrast'>,
  signal: AbortSignal | undefined,
): Promise<Pick<ExplainedToken, 'attribution' | 'contextCurve'> & { readonly model: ModelInfo }> {
  let { model } = subject.row
  let attributions: readonly Attribution[] = []
  let contextCurve: readonly ContextPoint[] = []
  await answerWhy(
    explanations,
    { ...subject, knockedOut: [], known: NOTHING_KNOWN, wanted: ['attribution', 'context'] },
    {
      signal,
      onPart: (part) => {
        if (part.kind === 'attribution') attributions = [part.attribution]
        if (part.kind === 'context') contextCurve = elementAt(part.context, 0)
      },
      onRestart: (other) => {
        model = other
      },
    },
  )
  return { attribution: elementAt(attributions, 0), contextCurve, model }
}

/** The error of a position that a text of `count` tokens does not have. */
export function positionError(asked: number | string, count: number): InvalidRequestError {
  const positions = count === 0 ? 'only next is a position' : `the positions are 0 to ${count - 1} and next`
  return new InvalidRequestError(
    `Position ${asked} does not exist: the text has ${formatCounted(count, 'token')}, so ${positions}.`,
  )
}

interface TokenLookup {
  readonly explanations: Explanations
  readonly vocabularySize: number
  readonly signal: AbortSignal | undefined
}

async function idOf(
  choice: TokenChoice,
  { explanations, vocabularySize, signal }: TokenLookup,
): Promise<number> {
  if ('text' in choice) {
    const tokenId = await explanations.firstTokenOf(choice.text, { signal })
    if (tokenId === null) throw new InvalidRequestError('An empty text has no token.')
    return tokenId
  }
  const { tokenId } = choice
  if (Number.isInteger(tokenId) && tokenId >= 0 && tokenId < vocabularySize) return tokenId
  throw new InvalidRequestError(
    `Token ids are whole numbers from 0 to ${vocabularySize - 1}, not ${tokenId}.`,
  )
}

async function contrastOf(
  contrast: TokenQuestion['contrast'],
  {
    likely,
    tokenId,
    find,
  }: {
    readonly likely: readonly number[]
    readonly tokenId: number
    readonly find: (choice: TokenChoice) => Promise<number>
  },
): Promise<Contrast> {
  if (contrast === null) return { kind: 'nothing' }
  if (contrast === 'mean') return { kind: 'mean' }
  const otherId =
    contrast === undefined ? (likely.find((id) => id !== tokenId) ?? tokenId) : await find(contrast)
  if (otherId !== tokenId) return { kind: 'token', tokenId: otherId }
  throw new InvalidRequestError(
    'The token cannot be contrasted with itself. Name another token, or mean or none.',
  )
}
