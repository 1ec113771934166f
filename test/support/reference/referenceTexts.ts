// test/fixtures/reference/mini.json: results of an independent PyTorch implementation for the embedded model.

import { readFileSync } from 'node:fs'
import { START_TOKEN_ID } from '../../../src/shared/contracts/engine/prediction'

export interface ReferencePosition {
  readonly topIds: readonly number[]
  readonly topLogits: readonly number[]
  readonly logSumExp: number
  readonly entropyNats: number
  /** Absent in a text's last position. */
  readonly targetId?: number
  readonly targetLogit?: number
  readonly targetLogProb?: number
  readonly targetRank?: number
}

export interface ReferenceText {
  readonly name: string
  readonly text: string
  /** The text's tokens, without the start token. */
  readonly tokenIds: Int32Array
  readonly startToken: boolean
  /** By row of the logits. */
  readonly positions: readonly ReferencePosition[]
}

interface StoredText {
  readonly name: string
  readonly text: string
  readonly ids: readonly number[]
  readonly positions: readonly ReferencePosition[]
}

const file = new URL('../../fixtures/reference/mini.json', import.meta.url)

export const REFERENCE_TEXTS: readonly ReferenceText[] = (
  JSON.parse(readFileSync(file, 'utf8')) as StoredText[]
).map(({ name, text, ids, positions }) => {
  const startToken = ids[0] === START_TOKEN_ID
  return { name, text, tokenIds: Int32Array.from(ids.slice(startToken ? 1 : 0)), startToken, positions }
})

export function referenceText(name: string): ReferenceText {
  const found = REFERENCE_TEXTS.find((reference) => reference.name === name)
  if (found === undefined) throw new Error(`${name} is not a reference text`)
  return found
}
