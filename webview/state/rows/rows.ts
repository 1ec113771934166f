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
  /** The distribution that scores the token, or that follows the last token; null if it is not known (yet). */
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

/**
 * Keeps the rows of an inspection while predictions stream in: only rows that change are made again. While the tokens of a
 * comparison stream in, only the rows of further tokens are compared with those before.
 */
export class RowStore {
  private source: RowSource | undefined
  private rows: readonly RowBlock[] = []

  rowsOf(source: RowSource): readonly RowBlock[] {
    const { inspection, previous, lens } = source
    const before = this.source
    this.rows = inspection.sections.map((section, index) => {
      const sameText = before?.inspection.sections[index]?.tokens === section.tokens
      const known = sameText ? (this.rows[index] ?? []) : []
      const range = before === undefined ? undefined : furtherCompared(before, source, index)
      return updateRows(known, { inspection, index, standIn: previous?.sections[index], lens, range })
    })
    this.source = source
    return this.rows
  }
}

/** The data that rows are made of. */
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
  /** The rows that may have changed; undefined: all. */
  readonly range: ChangedRows | undefined
}

function updateRows(before: RowBlock, { inspection, index, standIn, lens, range }: RowsOptions): RowBlock {
  const section = elementAt(inspection.sections, index)
  const comparison = inspection.comparison?.sections[index]
  const {
    from,
    end,
    compared: added,
  } = range ?? {
    from: 0,
    end: section.tokens.length + 1,
    compared: comparison?.tokens ?? [],
  }
  const comparedRows = comparedByPosition(added, { from, end })
  const rows = Array.from({ length: end - from }, (_, i) => {
    const position = from + i
    const address = { section: index, position }
    const unscored = unscoredReason(inspection, address)
    const stale = unscored === 'pending' && standIn !== undefined
    const source = stale ? standIn : section
    const distribution = distributionAt(source, position)
    const lensRow = lens.at(address)
    const depth = lensRow === null ? null : predictionDepth(lensRow)
    const isNextRow = position === section.tokens.length
    const compared = comparedRows[i] ?? null
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
  if (range === undefined) return isSameList(before, rows) ? before : rows
  return isSameList(before.slice(from, end), rows) ? before : before.toSpliced(from, rows.length, ...rows)
}

/** The rows [from, end), and the compared tokens that may be new in them. */
interface ChangedRows {
  readonly from: number
  readonly end: number
  readonly compared: Iterable<ComparedToken>
}

/** The rows of the further compared tokens if only these have changed; undefined if anything else may have. */
function furtherCompared(before: RowSource, now: RowSource, index: number): ChangedRows | undefined {
  const [a, b] = [before.inspection, now.inspection]
  const isOtherRun = a.id !== b.id || a.state !== b.state || a.sections[index] !== b.sections[index]
  if (isOtherRun || before.previous !== now.previous || before.lens !== now.lens) return undefined
  if (a.comparison === undefined || a.comparison.state !== b.comparison?.state) return undefined
  const [old, section] = [a.comparison.sections[index], b.comparison.sections[index]]
  if (old === undefined || section === undefined || a.comparison.baseline !== b.comparison.baseline)
    return undefined
  const isSameText = old.isComplete === section.isComplete && old.baselineOnly === section.baselineOnly
  const last = old.tokens.at(-1)
  const { length } = old.tokens
  const isLonger = last === undefined || section.tokens.at(length - 1) === last
  if (!isSameText || !isLonger || old.next !== section.next) return undefined
  const from = (last?.position ?? -1) + 1
  const end = (section.tokens.at(-1)?.position ?? -1) + 1
  return { from, end, compared: section.tokens.slice(length) }
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}
