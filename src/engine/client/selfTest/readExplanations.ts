// Reads the lens and the attribution of an engine that another extension runs; see readAnswers.ts.
// L = nLayer, H = nHead, K = topK, S = tokens of the window

import { VOCABULARY_SIZE } from '../../../model/gpt2/config'
import {
  type AttributionRequest,
  type LensProgress,
  type LensRequest,
  NO_TARGET,
} from '../../../shared/contracts/engine/engineApi'
import type { Attribution, LensRow } from '../../../shared/contracts/engine/explanation'
import { elementAt } from '../../../shared/elementAt'
import { arrayOf, finite, malformed, recordOf, tokens, wholeNumber } from './readAnswers'

/**
 * @param nextRow the first row that has not arrived yet: rows arrive in order, each once
 * @throws MalformedAnswerError, as all functions of this file
 */
export function readLensProgress(message: unknown, request: LensRequest, nextRow: number): LensProgress {
  const { kind, rows } = recordOf('progress', message)
  if (kind !== 'rows') throw malformed('its progress is of an unknown kind')
  if (!Array.isArray(rows) || rows.length < 1 || nextRow + rows.length > request.endRow)
    throw malformed('rows is not a list of the rows that are missing')
  return { kind, rows: rows.map((row, i) => readLensRow(recordOf('row', row), request, nextRow + i)) }
}

function readLensRow(
  { logitsRow, logProb, rank, entropy, kl, topIds, topLogProbs }: Record<string, unknown>,
  { firstRow, targets, topK }: LensRequest,
  row: number,
): LensRow {
  if (logitsRow !== row) throw malformed(`row ${row} is missing`)
  // L + 1, at least the embeddings and one block.
  const length = entropy instanceof Float32Array ? entropy.length : 0
  if (length < 2) throw malformed('entropy has not one value for each layer')
  const hasTarget = elementAt(targets, row - firstRow) !== NO_TARGET
  const logProbs = arrayOf('logProb', logProb, { Type: Float32Array, length })
  const ranks = arrayOf('rank', rank, { Type: Int32Array, length })
  if (hasTarget) {
    finite('logProb', logProbs)
    for (const value of ranks) wholeNumber('rank', value, { least: 1, most: VOCABULARY_SIZE })
  }
  return {
    logitsRow: row,
    logProb: hasTarget ? logProbs : logProbs.fill(NaN),
    rank: hasTarget ? ranks : ranks.fill(0),
    entropy: finite('entropy', arrayOf('entropy', entropy, { Type: Float32Array, length })),
    kl: finite('kl', arrayOf('kl', kl, { Type: Float32Array, length })),
    topIds: tokens('topIds', arrayOf('topIds', topIds, { Type: Int32Array, length: length * topK })),
    topLogProbs: finite(
      'topLogProbs',
      arrayOf('topLogProbs', topLogProbs, { Type: Float32Array, length: length * topK }),
    ),
  }
}

export function readAttribution(answer: unknown, { tokenIds }: AttributionRequest): Attribution {
  const { attention, attentionBias, sources, mlp, ...rest } = recordOf('attribution', answer)
  const L = attention instanceof Float32Array ? attention.length : 0
  if (L < 1) throw malformed('attention has not one value for each layer')
  const S = tokenIds.length
  const H = sources instanceof Float32Array ? sources.length / (L * S) : 0
  if (!Number.isInteger(H) || H < 1) throw malformed('sources has not one value for each head and row')
  const number = (name: string) => {
    const value = rest[name]
    if (typeof value !== 'number' || !Number.isFinite(value)) throw malformed(`${name} is no number`)
    return value
  }
  const floats = (name: string, value: unknown, length: number) =>
    finite(name, arrayOf(name, value, { Type: Float32Array, length }))
  return {
    total: number('total'),
    wte: number('wte'),
    wpe: number('wpe'),
    lnF: number('lnF'),
    attention: floats('attention', attention, L),
    attentionBias: floats('attentionBias', attentionBias, L),
    sources: floats('sources', sources, L * H * S),
    mlp: floats('mlp', mlp, L),
  }
}
