import ranks from 'tiktoken/encoders/gpt2.json'
import type { Inspection, Section } from '../../../src/shared/contracts/panel/inspection'
import type {
  Alternative,
  Distribution,
  TokenScore,
  ModelInfo,
  TokenPrediction,
} from '../../../src/shared/contracts/engine/prediction'
import { vocabularyOf } from '../../../src/tokenizer/ranks'

export const vocabulary = vocabularyOf(ranks)

export const MINI: ModelInfo = {
  id: 'mini',
  description: 'A small model.',
  fingerprint: 'files 1',
  remarks: [],
  parameters: 12_000_000,
  precision: 'fp32',
  backend: 'wasm',
  threads: 1,
  nLayer: 6,
  nHead: 3,
  nEmbd: 192,
  nPositions: 512,
  vocabularySize: 50257,
}

/** A model whose files differ from OpenAI's own. */
export const STUDENT: ModelInfo = { ...MINI, remarks: ['Linear layout, transposed on load', 'padded'] }

/** Ids of tokens that tests use. */
export const TOKENS = { the: 1169, newline: 198, wave: 41840, waveRest: 233, equals: 28, comma: 11, quote: 1 }

export function alternative(tokenId: number, probability: number): Alternative {
  return { tokenId, logit: 10, logProb: Math.log(probability) }
}

export function distribution(logitsRow: number, top: readonly Alternative[]): Distribution {
  return { logitsRow, seqLen: 100, logSumExp: 12, entropy: 3.5, top }
}

export function score(probability: number, row: Distribution): TokenScore {
  const logProb = Math.log(probability)
  return { ...row, logit: 2.5, logProb, rank: 74, surprisal: -logProb / Math.LN2 }
}

export function prediction(
  position: number,
  tokenId: number,
  scored: TokenScore | null = score(0.25, distribution(position, [alternative(TOKENS.newline, 0.5)])),
): TokenPrediction {
  const range = { start: 10 + position, end: 11 + position }
  return { position, tokenId, range, partial: false, score: scored }
}

export function section(predictions: readonly TokenPrediction[], next: Distribution | null = null): Section {
  return {
    range: { start: 10, end: 10 + predictions.length },
    lines: { first: 3, last: 9 },
    contextTokens: 412,
    contextExcerpt: '',
    loneSurrogates: 0,
    tokens: predictions,
    windows: 1,
    predictions,
    next,
  }
}

export function inspection(sections: readonly Section[], overrides: Partial<Inspection> = {}): Inspection {
  return {
    id: 'inspection-1',
    documentUri: 'file:///main.py',
    documentName: 'main.py',
    model: MINI,
    startToken: true,
    context: 'document',
    topK: 1,
    sections,
    state: { kind: 'done', seconds: 0.42 },
    ...overrides,
  }
}
