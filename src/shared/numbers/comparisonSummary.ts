import type { ComparisonSummary } from '../contracts/panel/comparisonSummary'
import { elementAt } from '../elementAt'

/** Two distributions of one row. */
export interface ComparedRow {
  /** Nats; null if no token follows the row. */
  readonly logProb: number | null
  readonly baselineLogProb: number | null
  /** KL(baseline ‖ other) in nats. */
  readonly kl: number
  readonly sameTop: boolean
  /** The largest known difference of two log-probabilities, in nats. */
  readonly maxAbsDelta: number
}

/** The figures of compared rows; null if there is no row. */
export function summarizeComparison(rows: readonly ComparedRow[]): ComparisonSummary | null {
  if (rows.length === 0) return null
  const kls = rows.map(({ kl }) => kl).sort((a, b) => a - b)
  const klMean = mean(kls)
  const scored = rows.flatMap(({ logProb, baselineLogProb }) =>
    logProb === null || baselineLogProb === null ? [] : [{ logProb, baselineLogProb }],
  )
  const isScored = scored.length > 0
  return {
    tokens: rows.length,
    bitsPerToken: isScored ? bitsOf(mean(scored.map(({ logProb }) => logProb))) : null,
    baselineBitsPerToken: isScored
      ? bitsOf(mean(scored.map(({ baselineLogProb }) => baselineLogProb)))
      : null,
    klMeanNats: klMean,
    klStandardErrorNats: standardError(kls, klMean),
    klMedianNats: quantile(kls, 0.5),
    kl99Nats: quantile(kls, 0.99),
    kl999Nats: quantile(kls, 0.999),
    klMaxNats: elementAt(kls, kls.length - 1),
    sameTop: rows.filter(({ sameTop }) => sameTop).length / rows.length,
    rmsDeltaP: isScored
      ? Math.sqrt(
          mean(
            scored.map(
              ({ logProb, baselineLogProb }) => (Math.exp(logProb) - Math.exp(baselineLogProb)) ** 2,
            ),
          ),
        )
      : null,
    maxAbsDeltaNats: rows.reduce((max, { maxAbsDelta }) => Math.max(max, maxAbsDelta), 0),
  }
}

function bitsOf(logProb: number): number {
  return -logProb / Math.LN2
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Of the mean of independent values, with the sample's variance; 0 for a single value. */
function standardError(values: readonly number[], center: number): number {
  const n = values.length
  if (n < 2) return 0
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0)
  return Math.sqrt(squares / (n - 1) / n)
}

/** Linear interpolation between the two nearest values, as NumPy's default. */
function quantile(sorted: readonly number[], q: number): number {
  const place = (sorted.length - 1) * q
  const below = elementAt(sorted, Math.floor(place))
  const above = elementAt(sorted, Math.ceil(place))
  return below + (above - below) * (place - Math.floor(place))
}
