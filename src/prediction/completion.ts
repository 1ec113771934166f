import { concatBytes } from '../shared/bytes'
import type { GenerateRequest } from '../shared/contracts/engineApi'
import type { ModelInfo } from '../shared/contracts/prediction'
import type { SamplingSettings } from '../shared/contracts/samplingSettings'
import type { Vocabulary } from '../shared/text/vocabulary'
import { MAX_OPEN_TOKENS, settledTokens } from '../tokenizer/openEnd'
import { windowToContinue } from './windows'
import type { PredictionService } from './predictionService'

/** A text and how it is to be gone on with; the document before the cursor is always the context. */
export interface CompletionRequest {
  /** All of the document before the cursor. */
  readonly text: string
  readonly startToken: boolean
  /** 1 to 10. */
  readonly candidates: number
  readonly lines: number
  /** 0 to 1. */
  readonly minProbability: number
  readonly sampling: SamplingSettings
  readonly seed: number
}

/** How a text may go on, and all that is needed to look at it step by step. */
export interface Completion {
  readonly request: CompletionRequest
  /** That made it. */
  readonly model: ModelInfo
  readonly vocabulary: Vocabulary
  /** The text's tokens in the window of the run, up to the last one that no continuation can change. */
  readonly contextTokenIds: Int32Array
  /** The UTF-8 bytes of the text behind those: every candidate's first tokens cover them. */
  readonly typed: Uint8Array
  /** Where `typed` begins in the text, in UTF-16 units. */
  readonly typedStart: number
  /** Most probable first, no two of the same text. */
  readonly candidates: readonly CompletionCandidate[]
}

export interface CompletionCandidate {
  /** What is to be inserted at the cursor; lines end in LF. Never empty. */
  readonly text: string
  /** From `typed` on; the last one may reach beyond `text`. */
  readonly tokenIds: Int32Array
  /** Nats: the probability of these tokens, given what was typed, at temperature 1. */
  readonly logProb: number
}

/** Beyond those that cover what is typed. */
export const MAX_COMPLETION_TOKENS = 64

/**
 * Asks the model how a text goes on. None where there is nothing to go on from: an empty text without start token.
 * @throws TextRunTooLongError, CancelledError and what loading or running the model throws
 */
export async function complete(
  service: PredictionService,
  request: CompletionRequest,
  signal: AbortSignal,
): Promise<Completion | undefined> {
  const { text, startToken, candidates, lines, minProbability, sampling, seed } = request
  const model = await service.model({ signal })
  const vocabulary = await service.vocabulary()
  const tokens = await service.tokenize(text, { signal })
  // Without the start token the first one has nothing to be predicted from.
  const settled = Math.max(settledTokens(text, tokens), startToken ? 0 : 1)
  if (settled > tokens.tokenIds.length) return undefined

  const settledIds = tokens.tokenIds.subarray(0, settled)
  const typedTokenIds = tokens.tokenIds.slice(settled)
  const typed = concatBytes(Array.from(typedTokenIds, (tokenId) => vocabulary.bytesOf(tokenId)))
  const room = MAX_COMPLETION_TOKENS + MAX_OPEN_TOKENS
  const window = windowToContinue(settledIds, room, { nPositions: model.nPositions, startToken })
  const generateRequest: GenerateRequest = {
    tokenIds: window.input,
    typed,
    typedTokenIds,
    candidates,
    maxTokens: Math.min(MAX_COMPLETION_TOKENS + typedTokenIds.length, window.room),
    maxLines: lines,
    minProbability,
    sampling: { ...sampling, topK: Math.min(sampling.topK, model.vocabularySize) },
    seed,
    backend: model.backend,
  }
  const generated = await service.generate(generateRequest, { signal })
  return {
    request,
    model,
    vocabulary,
    contextTokenIds: settledIds.slice(window.first),
    typed,
    typedStart: settled < tokens.starts.length ? tokens.starts[settled] : text.length,
    candidates: distinct(
      generated.map(({ tokenIds, continuation, logProb }) => ({
        text: insertableText(continuation),
        tokenIds,
        logProb,
      })),
    ),
  }
}

/**
 * What of a continuation can be put into a document: a model's output is untrusted, so it ends before what is no
 * character, or is one that acts without being seen. White space at its end is nothing that one could see and accept.
 */
export function insertableText(continuation: Uint8Array): string {
  const [safe] = INSERTABLE.exec(new TextDecoder().decode(continuation)) ?? ['']
  return safe.trimEnd()
}

/** U+FFFD is what the decoder makes of bytes that are no character. */
const INSERTABLE = /^(?:[\n\t]|[^\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ufffd])*/u

/** Without those that have nothing to insert, and the less probable ones of the same text. */
function distinct(candidates: readonly CompletionCandidate[]): CompletionCandidate[] {
  return candidates.filter(
    ({ text }, i) => text !== '' && candidates.findIndex((candidate) => candidate.text === text) === i,
  )
}
