// The columns of a comparison in a CSV of tokens and in copied tables. Δ is shown − baseline.

import type { ComparedToken } from '../../../shared/contracts/panel/comparison'
import type { Inspection } from '../../../shared/contracts/panel/inspection'
import type { TokenAddress } from '../../../shared/contracts/panel/protocol'
import { comparedAt, deltaBits, hasSameTop } from '../../../shared/numbers/comparedTokens'
import { isCompared, sideNames } from '../../../shared/text/comparisonText'
import { comparisonOfSection, provenanceOfSide } from '../json/comparisonReport'
import type { Cell } from './csvCells'

/** The figures of a token's two sides, of the pair: the shown one can differ from that of the inspection in its last digits. */
export const FIGURE_HEADINGS = [
  'shownLogProb',
  'shownRank',
  'baselinePosition',
  'baselineProbability',
  'baselineLogProb',
  'baselineRank',
  'deltaLog2P',
  'klNats',
  'jsNats',
  'sameTop',
] as const

/** The columns that name the two sides, the same in every record of a section. */
export const SIDE_HEADINGS = [
  'shownSide',
  'shownBackend',
  'baselineSide',
  'baselineModel',
  'baselinePrecision',
  'baselineBackend',
  'baselineContextTokens',
] as const

/** The cells of SIDE_HEADINGS; null if the inspection is not compared, or its models are not loaded yet. */
export function sideCells(inspection: Inspection, section: number): Cell[] | null {
  const comparison = comparisonOfSection(inspection, section)
  if (comparison === null || !isCompared(inspection)) return null
  const names = sideNames(inspection)
  const { backend } = comparison.models.shown
  const baseline = provenanceOfSide(comparison, 'baseline')
  const { model, precision, contextTokens } = baseline
  return [names.shown, backend, names.baseline, model, precision, baseline.backend, contextTokens]
}

/** The cells of FIGURE_HEADINGS of a token, or of the row after the last one; empty for one that is not compared. */
export function figureCells({ sections, comparison }: Inspection, address: TokenAddress): Cell[] {
  const { section, position } = address
  const compared = comparison?.sections[section]
  const isNext = position === sections[section]?.tokens.length
  const next = isNext ? (compared?.next ?? null) : null
  if (next !== null) {
    const { kl, jensenShannon, shown, baseline } = next
    const sameTop = shown.top.at(0)?.tokenId === baseline.top.at(0)?.tokenId
    return [null, null, null, null, null, null, null, kl, jensenShannon, sameTop]
  }
  const token = compared && comparedAt(compared.tokens, position)
  return token === undefined ? FIGURE_HEADINGS.map(() => null) : cellsOf(token)
}

function cellsOf(token: ComparedToken): Cell[] {
  const { score, baselineScore, baselinePosition, kl, jensenShannon } = token
  const { logProb, rank } = baselineScore
  return [
    score.logProb,
    score.rank,
    baselinePosition,
    Math.exp(logProb),
    logProb,
    rank,
    deltaBits(token),
    kl,
    jensenShannon,
    hasSameTop(token),
  ]
}
