// test/fixtures/reference/compare.json: two models on the same tokens, by an independent PyTorch implementation.

import { readFileSync } from 'node:fs'
import type { SeededGpt2 } from '../../../bench/fullSize/seededGpt2'

export interface CompareReference {
  readonly name: string
  /** Changes of the embedded model's configuration; absent if the models are seeded ones. */
  readonly mini?: Readonly<Record<'shown' | 'baseline', Record<string, unknown>>>
  readonly seeded?: Readonly<Record<'shown' | 'baseline', SeededGpt2>>
  readonly ids: readonly number[]
  /** Row i judges ids[i + 1]; nats. */
  readonly rows: readonly {
    readonly logProb: number
    readonly baselineLogProb: number
    readonly kl: number
    readonly js: number
    readonly sameTop: boolean
  }[]
}

const file = new URL('../../fixtures/reference/compare.json', import.meta.url)

export const COMPARE_REFERENCES = JSON.parse(readFileSync(file, 'utf8')) as readonly CompareReference[]
