// Checks of the engine's requests. Each function throws InvalidRequestError for an invalid request.

import {
  type AttributionRequest,
  type CompareRequest,
  type GenerateRequest,
  type LensRequest,
  MAX_CANDIDATES,
  NO_TARGET,
  type ScoreRequest,
} from '../../shared/contracts/engine/engineApi'
import { concatBytes } from '../../shared/bytes'
import { InvalidRequestError } from '../../shared/errors'
import { MAX_TEMPERATURE, MAX_TOP_K, type ModelInfo } from '../../shared/contracts/engine/prediction'
import type { Vocabulary } from '../../shared/text/vocabulary'

export function checkTokenIds(tokenIds: Int32Array, info: ModelInfo): void {
  if (tokenIds.length < 1 || tokenIds.length > info.nPositions) {
    throw new InvalidRequestError(`A window has 1 to ${info.nPositions} tokens, not ${tokenIds.length}.`)
  }
  checkInVocabulary(tokenIds, info)
}

export function checkScoreRequest(
  { tokenIds, firstRow, targets, topK, temperature, knockedOut = [] }: ScoreRequest,
  info: ModelInfo,
): void {
  checkTokenIds(tokenIds, info)
  if (firstRow < 0 || firstRow + targets.length !== tokenIds.length) {
    throw new InvalidRequestError(
      `${targets.length} targets from row ${firstRow} on do not match ${tokenIds.length} rows.`,
    )
  }
  checkTargets(targets, info)
  checkWholeNumber('topK', topK, 1, MAX_TOP_K)
  for (const row of knockedOut) checkWholeNumber('A knocked-out row', row, 0, tokenIds.length - 1)
  if (!(temperature > 0 && temperature <= MAX_TEMPERATURE)) {
    throw new InvalidRequestError(
      `The temperature is ${temperature}; it must be above 0 and at most ${MAX_TEMPERATURE}.`,
    )
  }
}

export function checkLensRequest(
  { tokenIds, firstRow, endRow, targets, topK }: LensRequest,
  info: ModelInfo,
): void {
  checkTokenIds(tokenIds, info)
  checkWholeNumber('endRow', endRow, 1, tokenIds.length)
  checkWholeNumber('firstRow', firstRow, 0, endRow - 1)
  if (targets.length !== endRow - firstRow) {
    throw new InvalidRequestError(`${targets.length} targets do not match ${endRow - firstRow} rows.`)
  }
  checkTargets(targets, info)
  checkWholeNumber('topK', topK, 1, MAX_TOP_K)
}

export function checkAttributionRequest(
  { tokenIds, tokenId, contrast }: AttributionRequest,
  info: ModelInfo,
): void {
  checkTokenIds(tokenIds, info)
  checkWholeNumber('tokenId', tokenId, 0, info.vocabularySize - 1)
  if (contrast.kind === 'token') checkWholeNumber('contrast', contrast.tokenId, 0, info.vocabularySize - 1)
}

export function checkCompareRequest(
  { tokenIds, firstRow, targets, topK, baseline }: CompareRequest,
  infos: { readonly shown: ModelInfo; readonly baseline: ModelInfo },
): void {
  checkTokenIds(tokenIds, infos.shown)
  checkTokenIds(baseline.tokenIds, infos.baseline)
  for (const side of [{ tokenIds, firstRow }, baseline]) {
    if (side.firstRow < 0 || side.firstRow + targets.length !== side.tokenIds.length) {
      throw new InvalidRequestError(
        `${targets.length} targets from row ${side.firstRow} on do not match ${side.tokenIds.length} rows.`,
      )
    }
  }
  checkTargets(targets, infos.shown)
  checkWholeNumber('topK', topK, 1, MAX_TOP_K)
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

function checkTargets(targets: Int32Array, { vocabularySize }: ModelInfo): void {
  if (!targets.every((id) => id === NO_TARGET || (id >= 0 && id < vocabularySize))) {
    throw new InvalidRequestError('A target is not a token of the vocabulary.')
  }
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
