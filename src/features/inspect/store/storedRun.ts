// A saved inspection is a header in JSON and files of numbers, which are encoded without holding the thread:
// JSON of 14,400 tokens with ten alternatives each would take a tenth of a second.

import type { Inspection, Section } from '../../../shared/contracts/panel/inspection'
import type { BackendSelfTest } from '../../../shared/contracts/engine/backendSelfTest'
import type {
  ModelInfo,
  Token,
  TokenPrediction,
  TokenScore,
} from '../../../shared/contracts/engine/prediction'
import type { LensRows } from '../../../shared/contracts/panel/lensRows'
import type { WhyAnswer } from '../../../shared/contracts/panel/why'
import { elementAt } from '../../../shared/elementAt'
import type { InspectionRun } from '../session/inspectionRun'
import { bytesOf, copyOf, readScores, rowsOf, scoreWidth, writeScore } from './scoreRows'
import {
  type ReadComparison,
  restoredComparison,
  type StoredComparisonHeader,
  withoutTokens,
} from './storedComparison'
import type { LensBlockId } from './storedLens'

/** Files of another format are ignored; they are deleted once they are among the oldest. */
export const FORMAT = 8
/** Scores in one file. Encoding them takes a few milliseconds, even with 100 alternatives each. */
export const SCORES_PER_FILE = 512

/** The JSON of a saved run: everything but tokens and scores. */
export interface StoredHeader extends Pick<
  InspectionRun,
  'inspection' | 'textDigest' | 'wholeDocument' | 'seconds'
> {
  readonly format: number
  /** How often the inspection was saved, this time included. */
  readonly saves: number
  /** One for each section. */
  readonly sequences: readonly StoredSequence[]
  /** Number of scores of all sections. */
  readonly scored: number
  /** The blocks of the lens that have a file each. */
  readonly lens: readonly LensBlockId[]
  /** The numbers of the files of the answers. */
  readonly why: readonly number[]
  /** Null if the run is not compared. */
  readonly compared: StoredComparisonHeader | null
}

/** A section's tokens are ids[start + from … start + to); those before them are its context. */
interface StoredSequence {
  /** Index into the token ids of all sections. Sections of one document have the same start. */
  readonly start: number
  readonly from: number
  readonly to: number
}

export function headerOf(
  run: InspectionRun,
  { saves, why, compared }: Pick<StoredHeader, 'saves' | 'why' | 'compared'>,
): StoredHeader {
  const { inspection, textDigest, wholeDocument, seconds } = run
  const { comparison } = inspection
  const starts = startsOf(run)
  return {
    format: FORMAT,
    saves,
    inspection: {
      ...inspection,
      ...(comparison && { comparison: withoutTokens(comparison) }),
      sections: inspection.sections.map((section) => ({ ...section, tokens: [], predictions: [] })),
    },
    textDigest,
    wholeDocument,
    seconds,
    sequences: run.sequences.map(({ tokenIds, from, to }) => ({
      start: starts.get(tokenIds.buffer) ?? 0,
      from,
      to,
    })),
    scored: inspection.sections.reduce((sum, { predictions }) => sum + predictions.length, 0),
    lens: run.lens.blocks.map(({ section, first }) => ({ section, first })),
    why,
    compared,
  }
}

/** The token ids of all sequences. Sections of one document are parts of one array, which is stored once. */
export function encodeTokenIds(run: InspectionRun): Uint8Array {
  const arrays = [...distinctArrays(run).values()]
  const ids = new Int32Array(arrays.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const array of arrays) {
    ids.set(array, at)
    at += array.length
  }
  return bytesOf(ids)
}

/** Start, end and `partial` of every token of every section. */
export function encodeRanges({ inspection }: InspectionRun): Uint8Array {
  const count = inspection.sections.reduce((sum, { tokens }) => sum + tokens.length, 0)
  const ranges = new Uint32Array(count * NUMBERS_PER_TOKEN)
  let at = 0
  for (const { tokens } of inspection.sections) {
    for (const { range, partial } of tokens) {
      ranges[at++] = range.start
      ranges[at++] = range.end
      ranges[at++] = Number(partial)
    }
  }
  return bytesOf(ranges)
}

/** The scores [from, to) of all sections in their order. */
export function encodeScores(
  { inspection: { sections, topK } }: InspectionRun,
  { from, to }: { readonly from: number; readonly to: number },
): Uint8Array {
  const width = scoreWidth(topK)
  const rows = new Float64Array((to - from) * width).fill(NaN)
  let first = 0
  for (const { predictions } of sections) {
    const end = first + predictions.length
    for (let index = Math.max(first, from); index < Math.min(end, to); index++) {
      const score = predictions.at(index - first)?.score ?? null
      if (score !== null) writeScore(rows, (index - from) * width, score)
    }
    first = end
  }
  return bytesOf(rows)
}

/** The scores of a file; fewer if the file is incomplete. */
export function decodeScores(
  bytes: Uint8Array,
  { topK, model }: Pick<Inspection, 'topK' | 'model'>,
): (TokenScore | null)[] {
  const stride = scoreWidth(topK)
  const { vocabularySize } = model
  return readScores({ rows: rowsOf(bytes, stride), stride, offset: 0 }, { topK, vocabularySize })
}

export interface StoredFiles {
  readonly tokenIds: Uint8Array
  readonly ranges: Uint8Array
  readonly scores: readonly (TokenScore | null)[]
  readonly lens: LensRows
  readonly why: readonly WhyAnswer[]
  /** Null if the run is not compared. */
  readonly compared: ReadComparison | null
}

/** Restores a run. One that was running, or whose last scores were not saved, is interrupted. */
export function runOf(
  header: StoredHeader,
  { tokenIds, ranges, scores, lens, why, compared }: StoredFiles,
): InspectionRun {
  const ids = new Int32Array(copyOf(tokenIds, tokenIds.length))
  const places = new Uint32Array(copyOf(ranges, ranges.length))
  const { inspection, textDigest, wholeDocument, seconds } = header
  const sequences = header.sequences.map(({ start, from, to }) => ({
    tokenIds: ids.subarray(start, start + to),
    from,
    to,
  }))
  let token = 0
  const sections = inspection.sections.map((section, i): Section => {
    const { tokenIds: sectionIds, from, to } = elementAt(sequences, i)
    const first = token
    const tokens = Array.from({ length: to - from }, (_, k): Token => {
      const place = NUMBERS_PER_TOKEN * token++
      return {
        tokenId: elementAt(sectionIds, from + k),
        range: { start: elementAt(places, place), end: elementAt(places, place + 1) },
        partial: elementAt(places, place + 2) === 1,
      }
    })
    const predictions = scores.slice(first, first + tokens.length).map((score, position): TokenPrediction => {
      const { tokenId, range, partial } = elementAt(tokens, position)
      return { tokenId, range, partial, position, score }
    })
    return { ...section, tokens, predictions }
  })
  const isInterrupted = inspection.state.kind === 'running' || scores.length < header.scored
  return {
    inspection: {
      ...inspection,
      model: renamedModel(inspection.model),
      ...comparisonOf(header, compared),
      sections,
      state: isInterrupted ? { kind: 'interrupted' } : inspection.state,
    },
    sequences,
    textDigest,
    wholeDocument,
    seconds,
    lens,
    why,
  }
}

/** Start, end, partial. */
const NUMBERS_PER_TOKEN = 3
function comparisonOf(
  { inspection: { comparison }, compared: header }: StoredHeader,
  files: ReadComparison | null,
): Pick<Inspection, 'comparison'> {
  if (comparison === undefined || header === null || files === null) return {}
  const { models } = comparison
  const renamed = models && { shown: renamedModel(models.shown), baseline: renamedModel(models.baseline) }
  return { comparison: restoredComparison({ ...comparison, models: renamed }, header, files) }
}

/** Earlier versions stored the self-test as `check`. */
function renamedModel(stored: ModelInfo & { readonly check?: BackendSelfTest }): ModelInfo {
  const { check, ...model } = stored
  return check === undefined ? model : { ...model, selfTest: check }
}

/** The longest sequence of each array that sequences are parts of. */
function distinctArrays({ sequences }: InspectionRun): ReadonlyMap<ArrayBufferLike, Int32Array> {
  const arrays = new Map<ArrayBufferLike, Int32Array>()
  for (const { tokenIds } of sequences) {
    const longest = arrays.get(tokenIds.buffer)
    if (longest === undefined || longest.length < tokenIds.length) arrays.set(tokenIds.buffer, tokenIds)
  }
  return arrays
}

/** Where each array begins in the encoded token ids. */
function startsOf(run: InspectionRun): ReadonlyMap<ArrayBufferLike, number> {
  let at = 0
  return new Map(
    [...distinctArrays(run)].map(([buffer, { length }]) => {
      const start = at
      at += length
      return [buffer, start]
    }),
  )
}
