import { elementAt } from '../../../src/shared/elementAt'
import { isTyped } from '../../../src/shared/text/generation'
import { type Unscored, unscoredReason } from '../../../src/shared/text/unscored'
import type { Inspection, Section } from '../../../src/shared/contracts/panel/inspection'
import type { Distribution, TokenScore, Token } from '../../../src/shared/contracts/engine/prediction'
import type { ComparedNext, ComparedToken } from '../../../src/shared/contracts/panel/comparison'
import type { LensRows } from '../../../src/shared/contracts/panel/lensRows'
import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import { predictionDepth } from '../../../src/shared/numbers/lens'
import { distributionAt, scoreAt } from './addresses'
import { comparedByPosition } from './comparedRows'
import { type Uncompared, uncomparedReason } from './uncompared'

/** One row of the table and one token of the strip. Stays the same object as long as nothing in it changes. */
export interface Row extends TokenAddress {
  /** Null in the `next` row. */
  readonly token: Token | null
  /** Null if the token is not scored, or not yet. */
  readonly score: TokenScore | null
  /** What the token is scored with, or what follows the last token; null if that is not known (yet). */
  readonly distribution: Distribution | null
  /** Number of tokens in the section. */
  readonly tokenCount: number
  /** Why this run has no prediction for the row; null if it has one. */
  readonly unscored: Unscored | null
  /** Score and distribution are those of the previous run, because this one has not answered for the row yet. */
  readonly stale: boolean
  /** Prediction depth; null if the lens is not computed. */
  readonly depth: number | null
  /** Both sides' predictions of the token; null if it is not compared, or not yet. */
  readonly compared: ComparedToken | null
  /** Both sides' distributions after the last token; null in other rows. */
  readonly comparedNext: ComparedNext | null
  /** Why only the shown side has a prediction; null if the row or the inspection is not so. */
  readonly uncompared: Uncompared | null
  /** The token covers text that was typed before a completion. */
  readonly typed: boolean
}

/** Consecutive rows. Stays the same object as long as its rows do. */
export type RowBlock = readonly Row[]

/** Keeps the rows of an inspection while predictions stream in: only rows that change are made again. */
export class RowStore {
  private sections: readonly Section[] = []
  private rows: readonly RowBlock[] = []

  rowsOf({ inspection, previous, lens }: RowSource): readonly RowBlock[] {
    const { sections } = inspection
    this.rows = sections.map((section, i) => {
      const sameText = this.sections[i]?.tokens === section.tokens
      const standIn = previous?.sections[i]
      return updateRows(sameText ? (this.rows[i] ?? []) : [], { inspection, index: i, standIn, lens })
    })
    this.sections = sections
    return this.rows
  }
}

/** What rows are made of. */
export interface RowSource {
  readonly inspection: Inspection
  /** The run before, of the same tokens, whose results stand in for those that are still missing. */
  readonly previous: Inspection | null
  /** The rows of the lens that are computed. */
  readonly lens: LensRows
}

/** Cuts rows into blocks before each index in `cuts`. A block equal to the one in `before` is that object. */
export function cutRows(
  rows: readonly Row[],
  cuts: readonly number[],
  before: readonly RowBlock[],
): readonly RowBlock[] {
  const starts = [0, ...cuts]
  return starts.map((start, i) => {
    const block = rows.slice(start, starts[i + 1] ?? rows.length)
    const old = before[i]
    return old !== undefined && isSameList(old, block) ? old : block
  })
}

/** Indices that cut `count` rows into blocks of `size`. */
export function regularCuts(count: number, size: number): number[] {
  return Array.from({ length: Math.max(0, Math.ceil(count / size) - 1) }, (_, i) => (i + 1) * size)
}

interface RowsOptions {
  readonly inspection: Inspection
  /** Index of the section. */
  readonly index: number
  /** The same section of the previous run. */
  readonly standIn: Section | undefined
  readonly lens: LensRows
}

function updateRows(before: RowBlock, { inspection, index, standIn, lens }: RowsOptions): RowBlock {
  const section = elementAt(inspection.sections, index)
  const comparison = inspection.comparison?.sections[index]
  const comparedRows = comparedByPosition(comparison, section.tokens.length)
  const rows = Array.from({ length: section.tokens.length + 1 }, (_, position) => {
    const address = { section: index, position }
    const unscored = unscoredReason(inspection, address)
    const stale = unscored === 'pending' && standIn !== undefined
    const source = stale ? standIn : section
    const distribution = distributionAt(source, position)
    const lensRow = lens.at(address)
    const depth = lensRow === null ? null : predictionDepth(lensRow)
    const isNextRow = position === section.tokens.length
    const compared = comparedRows[position] ?? null
    const comparedNext = isNextRow ? (comparison?.next ?? null) : null
    const token = section.tokens[position] ?? null
    const row = { section: index, position, token, distribution, compared, comparedNext }
    const uncompared = comparison === undefined ? null : uncomparedReason(inspection, row)
    const old = before[position]
    const isSame =
      old?.distribution === distribution &&
      old.unscored === unscored &&
      old.stale === stale &&
      old.depth === depth &&
      old.compared === compared &&
      old.comparedNext === comparedNext &&
      old.uncompared === uncompared
    if (isSame) return old
    return {
      section: index,
      position,
      token,
      score: scoreAt(source, position),
      distribution,
      tokenCount: section.tokens.length,
      unscored,
      stale,
      depth,
      compared,
      comparedNext,
      uncompared,
      typed: isTyped(inspection, index, position),
    }
  })
  return isSameList(before, rows) ? before : rows
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}
