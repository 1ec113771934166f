// Reads the answers of an engine that another extension runs, where every value can be of any type and in any range.
// S tokens of a window, R rows of one message, K = topK, V = tokens of the vocabulary

import { VOCABULARY_SIZE } from '../../../model/gpt2/config'
import {
  type ComparedRows,
  type CompareProgress,
  type CompareRequest,
  type GeneratedCandidate,
  type GenerateRequest,
  NO_TARGET,
  type ScoredRows,
  type ScoreProgress,
  type ScoreRequest,
} from '../../../shared/contracts/engine/engineApi'
import { type ModelInfo, PRECISIONS } from '../../../shared/contracts/engine/prediction'
import { elementAt } from '../../../shared/elementAt'
import { MalformedAnswerError } from '../../../shared/errors'
import { isRecord } from '../../../shared/isRecord'

/** @throws MalformedAnswerError, as all functions of this file */
export function readModel(answer: unknown): ModelInfo {
  const info = recordOf('model', answer)
  const { id, description, fingerprint, remarks, precision } = info
  const known = PRECISIONS.find((name) => name === precision)
  if (typeof id !== 'string' || typeof description !== 'string' || typeof fingerprint !== 'string')
    throw malformed('the model has no name, description or fingerprint')
  if (!isTexts(remarks)) throw malformed('the model’s remarks are no texts')
  if (known === undefined || info.backend !== 'webgpu') throw malformed('the model is not on WebGPU')
  const count = (name: string) => wholeNumber(name, info[name], { least: 1 })
  return {
    id,
    description,
    fingerprint,
    remarks,
    precision: known,
    backend: 'webgpu',
    parameters: count('parameters'),
    threads: count('threads'),
    nLayer: count('nLayer'),
    nHead: count('nHead'),
    nEmbd: count('nEmbd'),
    nPositions: count('nPositions'),
    vocabularySize: count('vocabularySize'),
  }
}

/**
 * @param nextRow the first row that has not arrived yet: rows arrive in order, each once
 */
export function readProgress(message: unknown, request: ScoreRequest, nextRow: number): ScoreProgress {
  const { kind, position, rows } = recordOf('progress', message)
  const { firstRow } = request
  switch (kind) {
    case 'reading':
      return { kind, position: wholeNumber('position', position, { least: 0, most: firstRow }), firstRow }
    case 'rows':
      return { kind, rows: readRows(recordOf('rows', rows), request, nextRow) }
    default:
      throw malformed('its progress is of an unknown kind')
  }
}

/**
 * @param nextRow the first row of the shown side that has not arrived yet
 */
export function readCompareProgress(
  message: unknown,
  request: CompareRequest,
  nextRow: number,
): CompareProgress {
  const { kind, rows } = recordOf('progress', message)
  if (kind !== 'rows') throw malformed('its progress is of an unknown kind')
  return { kind, rows: readComparedRows(recordOf('rows', rows), request, nextRow) }
}

function readComparedRows(
  { shown, baseline, kl, jensenShannon }: Record<string, unknown>,
  request: CompareRequest,
  nextRow: number,
): ComparedRows {
  const { firstRow, targets, topK } = request
  const { tokenIds, firstRow: firstOfBaseline } = request.baseline
  const ofBaseline = { tokenIds, firstRow: firstOfBaseline, targets, topK }
  const read = {
    shown: readRows(recordOf('shown', shown), request, nextRow),
    baseline: readRows(recordOf('baseline', baseline), ofBaseline, nextRow - firstRow + firstOfBaseline),
  }
  const { length } = read.shown.entropy
  if (read.baseline.entropy.length !== length) throw malformed('the sides have different numbers of rows')
  return {
    ...read,
    kl: finite('kl', arrayOf('kl', kl, { Type: Float32Array, length })),
    jensenShannon: finite(
      'jensenShannon',
      arrayOf('jensenShannon', jensenShannon, { Type: Float32Array, length }),
    ),
  }
}

/** @returns the number of positions that the transformer computed */
export function readComputedPositions(answer: unknown): number {
  return wholeNumber('computedPositions', recordOf('score', answer).computedPositions, { least: 0 })
}

export function readCandidates(answer: unknown, request: GenerateRequest): GeneratedCandidate[] {
  const { candidates } = recordOf('generate', answer)
  if (!Array.isArray(candidates) || candidates.length > request.candidates)
    throw malformed(`candidates is not a list of at most ${request.candidates}`)
  return candidates.map((candidate) => readCandidate(recordOf('candidate', candidate), request))
}

/** Raw logits [V]. */
export function readLogits(answer: unknown): Float32Array {
  return finite('logits', arrayOf('logits', answer, { Type: Float32Array, length: VOCABULARY_SIZE }))
}

export function malformed(fault: string): MalformedAnswerError {
  return new MalformedAnswerError(
    `The engine on the GPU gave a malformed answer: ${fault}. Update Logitscope and Logitscope GPU, then retry WebGPU.`,
  )
}

type RequestedRows = Pick<ScoreRequest, 'tokenIds' | 'firstRow' | 'targets' | 'topK'>

function readRows(rows: Record<string, unknown>, request: RequestedRows, nextRow: number): ScoredRows {
  const { tokenIds, topK } = request
  if (rows.firstRow !== nextRow) throw malformed(`row ${nextRow} is missing`)
  const R = rows.logSumExp instanceof Float64Array ? rows.logSumExp.length : 0
  if (R < 1 || nextRow + R > tokenIds.length) throw malformed('logSumExp has not one value for each row')
  const read = {
    firstRow: nextRow,
    logSumExp: finite('logSumExp', arrayOf('logSumExp', rows.logSumExp, { Type: Float64Array, length: R })),
    entropy: finite('entropy', arrayOf('entropy', rows.entropy, { Type: Float32Array, length: R })),
    targetLogit: arrayOf('targetLogit', rows.targetLogit, { Type: Float32Array, length: R }),
    targetRank: arrayOf('targetRank', rows.targetRank, { Type: Int32Array, length: R }),
    topIds: tokens('topIds', arrayOf('topIds', rows.topIds, { Type: Int32Array, length: R * topK })),
    topLogits: finite(
      'topLogits',
      arrayOf('topLogits', rows.topLogits, { Type: Float32Array, length: R * topK }),
    ),
  }
  checkTargets(read, request)
  return read
}

/** A row without a target has no meaningful logit and rank. */
function checkTargets({ firstRow, targetLogit, targetRank }: ScoredRows, request: RequestedRows): void {
  for (const [i, logit] of targetLogit.entries()) {
    if (elementAt(request.targets, firstRow - request.firstRow + i) === NO_TARGET) continue
    if (!Number.isFinite(logit)) throw malformed(`targetLogit has the value ${logit}`)
    wholeNumber('targetRank', elementAt(targetRank, i), { least: 1, most: VOCABULARY_SIZE })
  }
}

function readCandidate(
  { tokenIds, continuation, logProb }: Record<string, unknown>,
  { maxTokens }: GenerateRequest,
): GeneratedCandidate {
  if (!(tokenIds instanceof Int32Array) || tokenIds.length < 1 || tokenIds.length > maxTokens)
    throw malformed(`a candidate has not 1 to ${maxTokens} tokens`)
  if (!(continuation instanceof Uint8Array) || continuation.length < 1)
    throw malformed('a candidate continues with nothing')
  if (typeof logProb !== 'number' || !Number.isFinite(logProb))
    throw malformed('a candidate has no probability')
  return { tokenIds: tokens('tokenIds', tokenIds), continuation, logProb }
}

export function recordOf(name: string, value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw malformed(`${name} is missing`)
  return value
}

export function arrayOf<T extends { readonly length: number }>(
  name: string,
  value: unknown,
  { Type, length }: { readonly Type: new () => T; readonly length: number },
): T {
  if (value instanceof Type && value.length === length) return value
  throw malformed(`${name} has not ${length} values`)
}

export function finite<T extends Float32Array | Float64Array>(name: string, values: T): T {
  for (const value of values) if (!Number.isFinite(value)) throw malformed(`${name} has the value ${value}`)
  return values
}

export function tokens(name: string, ids: Int32Array): Int32Array {
  for (const id of ids) wholeNumber(name, id, { least: 0, most: VOCABULARY_SIZE - 1 })
  return ids
}

export function wholeNumber(
  name: string,
  value: unknown,
  { least, most = Number.MAX_SAFE_INTEGER }: { readonly least: number; readonly most?: number },
): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value
  throw malformed(`${name} is not a whole number from ${least} to ${most}`)
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string')
}
