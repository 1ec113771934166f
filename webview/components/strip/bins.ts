import { type Metric, METRIC_SCALES } from '../../../src/shared/numbers/metrics'
import type { TokenAddress } from '../../../src/shared/contracts/protocol'
import type { Row } from '../../state/rows'

/** Neighbouring tokens that share a bar. */
export interface Bin {
  /** The token with the largest weight. */
  readonly address: TokenAddress
  /** That token's value of the metric; null if no token of the bin is scored. */
  readonly value: number | null
  /** The largest weight. */
  readonly max: number
  /** The mean weight of the scored tokens. */
  readonly mean: number
  /** A score in it is of the previous run. */
  readonly stale: boolean
}

/** Divides tokens evenly into at most `maxBins` bins. */
export function binTokens(rows: readonly Row[], metric: Metric, maxBins: number): readonly Bin[] {
  const count = Math.min(rows.length, maxBins)
  return Array.from({ length: count }, (_, i) =>
    binOf(
      rows.slice(Math.ceil((i * rows.length) / count), Math.ceil(((i + 1) * rows.length) / count)),
      metric,
    ),
  )
}

/** The index of the bin that has the token with index `index` of `tokenCount`. */
export function binIndex(index: number, tokenCount: number, binCount: number): number {
  return Math.floor((index / tokenCount) * binCount)
}

function binOf(rows: readonly Row[], metric: Metric): Bin {
  const { valueOf, weightOf } = METRIC_SCALES[metric]
  const [first] = rows
  if (first === undefined) throw new RangeError('a bin has at least one token')
  let address: TokenAddress = first
  let value: number | null = null
  let max = 0
  let sum = 0
  let scored = 0
  for (const row of rows) {
    if (row.score === null) continue
    const rowValue = valueOf(row.score)
    const weight = weightOf(rowValue)
    sum += weight
    scored++
    if (value !== null && weight <= max) continue
    address = row
    value = rowValue
    max = weight
  }
  const stale = rows.some((row) => row.stale)
  return { address: addressOf(address), value, max, mean: scored === 0 ? 0 : sum / scored, stale }
}

function addressOf({ section, position }: TokenAddress): TokenAddress {
  return { section, position }
}
