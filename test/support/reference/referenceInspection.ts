import { readFileSync } from 'node:fs'

import type { Inspection, Section } from '../../../src/shared/contracts/panel/inspection'
import type {
  Distribution,
  ModelInfo,
  Token,
  TokenScore,
} from '../../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../../src/shared/elementAt'
import type { Vocabulary } from '../../../src/shared/text/vocabulary'

interface ReferenceText {
  readonly name: string
  readonly text: string
  readonly ids: readonly number[]
  readonly positions: readonly ReferencePosition[]
}

export interface ReferencePosition {
  readonly topIds: readonly number[]
  readonly topLogits: readonly number[]
  readonly logSumExp: number
  readonly entropyNats: number
  readonly targetLogit?: number
  readonly targetLogProb?: number
  readonly targetRank?: number
}

const REFERENCE = new URL('../../fixtures/reference/mini.json', import.meta.url)

/** The inspection of a reference text, with the numbers of the PyTorch implementation. */
export function referenceInspection(
  name: string,
  vocabulary: Vocabulary,
  overrides: Partial<Inspection> = {},
): Inspection {
  const startToken = name.endsWith('+bos')
  return {
    id: `reference-${name}`,
    documentUri: `file:///${encodeURIComponent(name)}`,
    documentName: name,
    model: MINI,
    startToken,
    context: 'document',
    topK: 10,
    sections: [referenceSection(name, vocabulary)],
    state: { kind: 'done', seconds: 0.42 },
    ...overrides,
  }
}

export function referenceSection(name: string, vocabulary: Vocabulary): Section {
  const { ids, positions, text } = readReference(name)
  const startToken = name.endsWith('+bos')
  const tokens = tokensOf(startToken ? ids.slice(1) : ids, vocabulary)
  // With a start token row i scores token i; without one, row i − 1 does, and nothing scores the first.
  const rows = startToken ? positions : [null, ...positions]
  const placeOf = (row: ReferencePosition) => ({ logitsRow: positions.indexOf(row), seqLen: ids.length })
  const last = elementAt(rows, tokens.length)
  return {
    range: { start: 0, end: text.length },
    lines: { first: 1, last: text.split('\n').length },
    contextTokens: 0,
    contextExcerpt: '',
    loneSurrogates: 0,
    tokens,
    windows: 1,
    predictions: tokens.map((token, position) => {
      const row = elementAt(rows, position)
      if (row === null) return { ...token, position, score: null }
      const score = scoreOf(row, placeOf(row))
      return { ...token, position, score }
    }),
    next: last === null ? null : distributionOf(last, placeOf(last)),
  }
}

type Place = Pick<Distribution, 'logitsRow' | 'seqLen'>

/** The distribution of a row of a reference. */
export function distributionOf(row: ReferencePosition, place: Place): Distribution {
  return {
    ...place,
    logSumExp: row.logSumExp,
    entropy: row.entropyNats / Math.LN2,
    top: row.topIds.map((tokenId, i) => ({
      tokenId,
      logit: elementAt(row.topLogits, i),
      logProb: elementAt(row.topLogits, i) - row.logSumExp,
    })),
  }
}

/** The score of the token that follows a row of a reference. */
export function scoreOf(row: ReferencePosition, place: Place): TokenScore {
  const { targetLogit = NaN, targetLogProb = NaN, targetRank = NaN } = row
  return {
    ...distributionOf(row, place),
    logit: targetLogit,
    logProb: targetLogProb,
    rank: targetRank,
    surprisal: -targetLogProb / Math.LN2,
  }
}

/** A row of logits [V] that agrees with a distribution's top; all other tokens share the remaining probability equally. */
export function logitsLike({ top, logSumExp }: Distribution, size: number): Float32Array {
  const listed = [...top].reduce((sum, { logit }) => sum + Math.exp(logit - logSumExp), 0)
  const rest = logSumExp + Math.log(Math.max(1e-9, 1 - listed) / (size - top.length))
  const logits = new Float32Array(size).fill(rest)
  for (const { tokenId, logit } of top) logits[tokenId] = logit
  return logits
}

const MINI: ModelInfo = {
  id: 'mini',
  description: 'embedded, not GPT-2 itself',
  fingerprint: 'files 1',
  remarks: [],
  parameters: 12_414_528,
  precision: 'fp32',
  backend: 'wasm',
  threads: 1,
  nLayer: 6,
  nHead: 3,
  nEmbd: 192,
  nPositions: 512,
  vocabularySize: 50257,
}

function readReference(name: string): ReferenceText {
  const texts = JSON.parse(readFileSync(REFERENCE, 'utf8')) as ReferenceText[]
  const found = texts.find((text) => text.name === name)
  if (found === undefined) throw new Error(`${name} is not a reference text`)
  return found
}

/** Tokens with their UTF-16 ranges, computed from the bytes. */
function tokensOf(ids: readonly number[], vocabulary: Vocabulary): Token[] {
  const bytes = Buffer.concat(ids.map((id) => vocabulary.bytesOf(id)))
  const isContinuation = (at: number) => at < bytes.length && (elementAt(bytes, at) & 0xc0) === 0x80
  const unitsBefore = (at: number) => bytes.subarray(0, at).toString('utf8').length
  let start = 0
  return ids.map((tokenId) => {
    const end = start + vocabulary.bytesOf(tokenId).length
    let first = start
    while (isContinuation(first)) first--
    let last = end
    while (isContinuation(last)) last++
    const partial = first !== start || last !== end
    start = end
    return { tokenId, range: { start: unitsBefore(first), end: unitsBefore(last) }, partial }
  })
}
