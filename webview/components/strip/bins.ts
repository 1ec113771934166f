import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import type { Colouring } from '../../state/rows/colouring'
import type { Row } from '../../state/rows/rows'

/** Neighbouring tokens that share a bar; where tokens are likelier for either of two sides, two bars. */
export interface Bin {
  /** The token with the largest weight. */
  readonly address: TokenAddress
  /** The bars up and down, both with sizes of at least 0; null if no token of the bin has a weight of that sign. */
  readonly up: Bar | null
  readonly down: Bar | null
  /** A score in it is of the previous run. */
  readonly stale: boolean
}

export interface Bar {
  /** The token with the largest weight. */
  readonly row: Row
  readonly max: number
  /** The mean over all tokens of the bin that have a weight. */
  readonly mean: number
}

/** Divides tokens evenly into at most `maxBins` bins. */
export function binTokens(
  rows: readonly Row[],
  { weightOf }: Pick<Colouring, 'weightOf'>,
  maxBins: number,
): readonly Bin[] {
  const count = Math.min(rows.length, maxBins)
  return Array.from({ length: count }, (_, i) =>
    binOf(
      rows.slice(Math.ceil((i * rows.length) / count), Math.ceil(((i + 1) * rows.length) / count)),
      weightOf,
    ),
  )
}

/** The index of the bin that has the token with index `index` of `tokenCount`. */
export function binIndex(index: number, tokenCount: number, binCount: number): number {
  return Math.floor((index / tokenCount) * binCount)
}

function binOf(rows: readonly Row[], weightOf: Colouring['weightOf']): Bin {
  const [first] = rows
  if (first === undefined) throw new RangeError('a bin has at least one token')
  const up = new BarSum()
  const down = new BarSum()
  for (const row of rows) {
    const weight = weightOf(row)
    if (weight === null) continue
    if (weight < 0) down.add(row, -weight)
    else up.add(row, weight)
  }
  const weighed = up.count + down.count
  const largest = up.max >= down.max ? up.row : down.row
  return {
    address: addressOf(largest ?? first),
    up: up.bar(weighed),
    down: down.bar(weighed),
    stale: rows.some((row) => row.stale),
  }
}

/** Adds up the weights of one sign. */
class BarSum {
  row: Row | null = null
  max = 0
  count = 0
  private sum = 0

  add(row: Row, weight: number): void {
    this.count++
    this.sum += weight
    if (this.row !== null && weight <= this.max) return
    this.row = row
    this.max = weight
  }

  /** @param weighed number of tokens of the bin that have a weight of any sign */
  bar(weighed: number): Bar | null {
    return this.row === null ? null : { row: this.row, max: this.max, mean: this.sum / weighed }
  }
}

function addressOf({ section, position }: TokenAddress): TokenAddress {
  return { section, position }
}
