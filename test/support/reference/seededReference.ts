// test/fixtures/reference/seeded.json: results of an independent PyTorch implementation for seeded models.

import { readFileSync } from 'node:fs'
import type { SeededGpt2 } from '../../../bench/fullSize/seededGpt2'
import type { ReferencePosition } from './referenceTexts'

export interface SeededReference {
  readonly name: string
  readonly model: SeededGpt2
  readonly ids: readonly number[]
  readonly positions: readonly (ReferencePosition & { readonly row: number })[]
}

const file = new URL('../../fixtures/reference/seeded.json', import.meta.url)

export const SEEDED_REFERENCES = JSON.parse(readFileSync(file, 'utf8')) as readonly SeededReference[]
