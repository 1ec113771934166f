// Checks of the engine's requests. Each function throws InvalidRequestError for an invalid request.

import {
  type GenerateRequest,
  MAX_CANDIDATES,
  NO_TARGET,
  type ScoreRequest,
} from '../../shared/contracts/engineApi'
import { concatBytes } from '../../shared/bytes'
import { InvalidRequestError } from '../../shared/errors'
import { MAX_TEMPERATURE, MAX_TOP_K, type ModelInfo } from '../../shared/contracts/prediction'
import type { Vocabulary } from '../../shared/text/vocabulary'

export function checkTokenIds(tokenIds: Int32Array, info: ModelInfo): void {
  if (tokenIds.length < 1 || tokenIds.length > info.nPositions) {
    throw new InvalidRequestError(`A window has 1 to ${info.nPositions} tokens, not ${tokenIds.length}.`)
  }
  checkInVocabulary(tokenIds, info)
}

export function checkScoreRequest(
  { tokenIds, firstRow, targets, topK, temperature }: ScoreRequest,
  info: ModelInfo,
): void {
  checkTokenIds(tokenIds, info)
  if (firstRow < 0 || firstRow + targets.length !== tokenIds.length) {
    throw new InvalidRequestError(
      `${targets.length} targets from row ${firstRow} on do not match ${tokenIds.length} rows.`,
    )
  }
  if (!targets.every((id) => id === NO_TARGET || (id >= 0 && id < info.vocabularySize))) {
    throw new InvalidRequestError('A target is not a token of the vocabulary.')
  }
  checkWholeNumber('topK', topK, 1, MAX_TOP_K)
  if (!(temperature > 0 && temperature <= MAX_TEMPERATURE)) {
    throw new InvalidRequestError(
      `The temperature is ${temperature}; it must be above 0 and at most ${MAX_TEMPERATURE}.`,
    )
  }
}

export function checkGenerateRequest(
  request: GenerateRequest,
  info: ModelInfo,
  vocabulary: Vocabulary,
): void {
  const { tokenIds, typed, typedTokenIds, maxTokens, sampling } = request
  checkTokenIds(tokenIds, info)
  checkInVocabulary(typedTokenIds, info)
  const ofTokens = concatBytes(Array.from(typedTokenIds, (id) => vocabulary.bytesOf(id)))
  if (ofTokens.length !== typed.length || !ofTokens.every((byte, i) => byte === typed[i])) {
    throw new InvalidRequestError('The bytes of typedTokenIds differ from typed.')
  }
  checkWholeNumber('candidates', request.candidates, 1, MAX_CANDIDATES)
  checkWholeNumber('maxTokens', maxTokens, 1, info.nPositions - tokenIds.length)
  checkWholeNumber('maxLines', request.maxLines, 1, Infinity)
  checkNumber('minProbability', request.minProbability, 0, 1)
  checkNumber('temperature', sampling.temperature, 0, MAX_TEMPERATURE)
  checkWholeNumber('topK', sampling.topK, 0, info.vocabularySize)
  checkNumber('topP', sampling.topP, 0, 1)
  checkNumber('minP', sampling.minP, 0, 1)
  checkWholeNumber('seed', request.seed, 0, 2 ** 32 - 1)
}

function checkInVocabulary(tokenIds: Int32Array, { vocabularySize }: ModelInfo): void {
  if (!tokenIds.every((id) => id >= 0 && id < vocabularySize)) {
    throw new InvalidRequestError('A token id is not in the vocabulary.')
  }
}

function checkWholeNumber(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new InvalidRequestError(`${name} is ${value}; it must be a whole number from ${least} to ${most}.`)
}

function checkNumber(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return
  throw new InvalidRequestError(`${name} is ${value}; it must be from ${least} to ${most}.`)
}
