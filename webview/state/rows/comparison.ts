import type { InspectionComparison } from '../../../src/shared/contracts/panel/comparison'
import type { ComparisonSummary } from '../../../src/shared/contracts/panel/comparisonSummary'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import { deltaBits, deltaStep, summarizeTokens } from '../../../src/shared/numbers/comparedTokens'

/** Which of two: `plus` is likelier for the shown side, `minus` for the baseline. */
export type Side = 'plus' | 'minus'

/** The class of a token whose Δ is beyond one bit. */
export type SideStep = `${Side}${1 | 2 | 3}`

/** The side that finds a token likelier. */
export function sideOf(bits: number): Side {
  return bits < 0 ? 'minus' : 'plus'
}

/** The side and step of a Δ in bits; null within one bit. */
export function sideStep(bits: number): SideStep | null {
  const step = deltaStep(bits)
  return step === 0 ? null : `${sideOf(bits)}${step}`
}

/** The figures of a comparison, over the tokens compared so far. */
export interface ComparisonFigures {
  readonly summary: ComparisonSummary
  /** The token whose sides are furthest apart. */
  readonly furthest: TokenAddress & { readonly tokenId: number; readonly bits: number }
  /** The largest |Δ log₂ p| in bits. */
  readonly maxBits: number
}

const figures = new WeakMap<InspectionComparison['sections'], ComparisonFigures | null>()

/** Null if no token is compared yet. Computed once for the same compared tokens. */
export function comparisonFigures(inspection: Inspection): ComparisonFigures | null {
  const { comparison } = inspection
  if (comparison === undefined) return null
  const known = figures.get(comparison.sections)
  if (known !== undefined) return known
  const computed = computeFigures(inspection, comparison)
  figures.set(comparison.sections, computed)
  return computed
}

function computeFigures(
  { sections }: Inspection,
  comparison: InspectionComparison,
): ComparisonFigures | null {
  const tokens = comparison.sections.flatMap((section) => Array.from(section.tokens))
  const summary = summarizeTokens(tokens)
  if (summary === null) return null
  let furthest: ComparisonFigures['furthest'] | null = null
  for (const [section, { tokens: compared }] of comparison.sections.entries())
    for (const token of compared) {
      const bits = deltaBits(token)
      if (furthest !== null && Math.abs(bits) <= Math.abs(furthest.bits)) continue
      const { position } = token
      const tokenId = sections[section]?.tokens[position]?.tokenId
      if (tokenId !== undefined) furthest = { section, position, tokenId, bits }
    }
  return furthest === null ? null : { summary, furthest, maxBits: Math.abs(furthest.bits) }
}

/** The number of tokens that are compared, and of those that will be: the shared ones where that is known. */
export function comparisonProgress({ sections, comparison }: Inspection): {
  readonly compared: number
  readonly total: number
} {
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)
  const compared = comparison?.sections ?? []
  return {
    compared: sum(compared.map(({ tokens }) => tokens.length)),
    total: sum(sections.map(({ tokens }, i) => compared[i]?.shared ?? tokens.length)),
  }
}
