// test/fixtures/reference/explain.json: explanations of single tokens by an independent implementation in float64.

import { readFileSync } from 'node:fs'
import type { Contrast } from '../../../src/shared/contracts/engine/explanation'
import { REFERENCE_TEXTS, referenceText } from './referenceTexts'

export interface ReferenceExplanation {
  /** The name of a text, or `joined`. */
  readonly text: string
  readonly startToken: boolean
  /** Index in the text; its length for the row after the last token. */
  readonly token: number
  /** The first token of the window. */
  readonly first: number
  readonly tokenId: number
  readonly contrast: number | 'mean' | 'nothing'
  /** [L + 1] */
  readonly lens: readonly ReferenceLayer[]
  readonly attribution: ReferenceAttribution
  readonly contextCurve: readonly { readonly tokens: number; readonly logProb: number }[]
  /** Indices in the text. */
  readonly knockedOut: readonly number[]
  readonly knockedOutLogProb: number
}

export interface ReferenceLayer {
  readonly logProb: number
  readonly rank: number
  readonly entropyNats: number
  readonly kl: number
  readonly topIds: readonly number[]
  readonly topLogProbs: readonly number[]
}

export interface ReferenceAttribution {
  readonly total: number
  readonly wte: number
  readonly wpe: number
  readonly lnF: number
  readonly blocks: readonly {
    readonly attention: number
    readonly bias: number
    /** [H][S] */
    readonly sources: readonly (readonly number[])[]
    readonly mlp: number
  }[]
}

const file = new URL('../../fixtures/reference/explain.json', import.meta.url)

export const REFERENCE_EXPLANATIONS = JSON.parse(
  readFileSync(file, 'utf8'),
) as readonly ReferenceExplanation[]

/** `english +bos, token 9` */
export function nameOf({ text, startToken, token }: ReferenceExplanation): string {
  return `${text}${startToken ? ' +bos' : ''}, token ${token}`
}

export function tokensOf({ text }: ReferenceExplanation): Int32Array {
  if (text !== 'joined') return referenceText(text).tokenIds
  const texts = REFERENCE_TEXTS.filter(({ startToken }) => !startToken)
  return Int32Array.from(texts.flatMap(({ tokenIds }) => [...tokenIds])).subarray(0, 900)
}

export function contrastOf({ contrast }: ReferenceExplanation): Contrast {
  if (contrast === 'mean' || contrast === 'nothing') return { kind: contrast }
  return { kind: 'token', tokenId: contrast }
}
