// test/fixtures/reference/internals.json: logit lens, direct logit attribution and attention knockout of an independent
// PyTorch implementation.

import { readFileSync } from 'node:fs'
import type { SeededGpt2 } from '../../../bench/fullSize/seededGpt2'
import type { Contrast } from '../../../src/shared/contracts/engine/explanation'

export interface ReferenceLensLayer {
  readonly topIds: readonly number[]
  readonly topLogProbs: readonly number[]
  readonly entropyNats: number
  readonly kl: number
  /** Absent in the last row. */
  readonly targetLogProb?: number
  readonly targetRank?: number
}

export interface ReferenceAttribution {
  readonly tokenId: number
  readonly contrast: Contrast
  /** The tokens up to the attributed row. */
  readonly ids: readonly number[]
  readonly total: number
  readonly wte: number
  readonly wpe: number
  readonly lnF: number
  readonly blocks: readonly {
    readonly attention: number
    readonly bias: number
    /** By head and source row. */
    readonly sources: readonly (readonly number[])[]
    readonly mlp: number
  }[]
}

export interface InternalsReference {
  readonly name: string
  /** Absent for the embedded model. */
  readonly model?: SeededGpt2
  readonly ids: readonly number[]
  /** By row and layer. */
  readonly lens: readonly (readonly ReferenceLensLayer[])[]
  readonly attributions: readonly ReferenceAttribution[]
  readonly knockout: {
    readonly positions: readonly number[]
    readonly targetLogProbs: readonly number[]
    readonly entropyNats: readonly number[]
  }
}

const file = new URL('../../fixtures/reference/internals.json', import.meta.url)

export const INTERNALS_REFERENCES = JSON.parse(readFileSync(file, 'utf8')) as readonly InternalsReference[]
