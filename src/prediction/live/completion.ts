import { concatBytes } from '../../shared/bytes'
import type { GenerateRequest } from '../../shared/contracts/engine/engineApi'
import type { ModelInfo } from '../../shared/contracts/engine/prediction'
import type { SamplingSettings } from '../../shared/contracts/engine/samplingSettings'
import type { Vocabulary } from '../../shared/text/vocabulary'
import { MAX_OPEN_TOKENS, settledTokens } from '../../tokenizer/openEnd'
import type { PredictionService } from '../windows/predictionService'
import { windowToContinue } from '../windows/windows'

/** A request to complete the text before the cursor. All of that text is the context. */
export interface CompletionRequest {
  /** The whole document before the cursor. */
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

/** The candidates for the rest of a text, and what is needed to inspect them token by token. */
export interface Completion {
  readonly request: CompletionRequest
  /** As requested, with a top-k that the vocabulary has. */
  readonly sampling: SamplingSettings
  /** The model that generated the candidates. */
  readonly model: ModelInfo
  readonly vocabulary: Vocabulary
  /** The text's tokens in the window of the run, up to the last one that no continuation can change. */
  readonly contextTokenIds: Int32Array
  /** The UTF-8 bytes of the text after those tokens; the first tokens of every candidate cover them. */
  readonly typed: Uint8Array
  /** UTF-16 offset of `typed` in the text. */
  readonly typedStart: number
  /** Most probable first; all texts differ. */
  readonly candidates: readonly CompletionCandidate[]
}

export interface CompletionCandidate {
  /** The text to insert at the cursor, with LF line ends. Never empty. */
  readonly text: string
  /** The tokens of `typed` and `text`; the last one may extend beyond `text`. */
  readonly tokenIds: Int32Array
  /** Log-probability of these tokens given the typed bytes, in nats, at temperature 1. */
  readonly logProb: number
}

/** The maximum number of tokens after those that cover the typed bytes. */
export const MAX_COMPLETION_TOKENS = 64

/**
 * Generates candidates for the rest of a text. Undefined for an empty text without start token, which leaves the model
 * without input.
 * @throws TokenizerCrashedError, CancelledError and what loading or running the model throws
 */
export async function complete(
  service: PredictionService,
  request: CompletionRequest,
  signal: AbortSignal,
): Promise<Completion | undefined> {
  const { text, startToken, candidates, lines, minProbability, seed } = request
  const model = await service.model({ signal })
  const sampling = { ...request.sampling, topK: Math.min(request.sampling.topK, model.vocabularySize) }
  const vocabulary = await service.vocabulary()
  const tokens = await service.tokenize(text, { signal })
  // Without the start token the input needs at least one token of the text.
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
    sampling,
    seed,
    backend: model.backend,
  }
  const generated = await service.generate(generateRequest, { signal })
  return {
    request,
    sampling,
    model,
    vocabulary,
    contextTokenIds: settledIds.slice(window.first),
    typed,
    typedStart: tokens.starts[settled] ?? text.length,
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
 * The part of a continuation that can be inserted into a document. A model's output is untrusted, so the text ends
 * before the first invalid byte, control character other than newline and tab, bidirectional control or line
 * separator. Trailing white space is removed, because the user would not see it.
 */
export function insertableText(continuation: Uint8Array): string {
  const [safe] = INSERTABLE.exec(new TextDecoder().decode(continuation)) ?? ['']
  return safe.trimEnd()
}

/** The decoder replaces invalid bytes by U+FFFD. */
const INSERTABLE = /^(?:[\n\t]|[^\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ufffd])*/u

/** Removes candidates without text, and of several with the same text all but the most probable. */
function distinct(candidates: readonly CompletionCandidate[]): CompletionCandidate[] {
  return candidates.filter(
    ({ text }, i) => text !== '' && candidates.findIndex((candidate) => candidate.text === text) === i,
  )
}
