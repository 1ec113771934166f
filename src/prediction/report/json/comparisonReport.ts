// A comparison as the object that the CLI prints as JSON and the extension's API returns.

import type {
  ComparedSection,
  ComparedToken,
  InspectionComparison,
} from '../../../shared/contracts/panel/comparison'
import type { ComparisonSummary } from '../../../shared/contracts/panel/comparisonSummary'
import type { Inspection } from '../../../shared/contracts/panel/inspection'
import { elementAt } from '../../../shared/elementAt'
import { hasSameTop, summarizeTokens } from '../../../shared/numbers/comparedTokens'
import type { Vocabulary } from '../../../shared/text/vocabulary'
import { type ReportedProvenance, reportedProvenance, type ReportedToken, reportToken } from '../report'

/**
 * One token of the text. All fields after `position` are null for a token that only this text has, and for a token that
 * nothing precedes.
 */
export interface ReportedComparedPosition extends ReportedToken {
  readonly position: number
  /** Index of the token in the baseline's text; the same as `position` unless two texts are compared. */
  readonly baselinePosition: number | null
  /** Nats. */
  readonly logProb: number | null
  /** Nats. */
  readonly baselineLogProb: number | null
  /** KL(baseline ‖ this side). */
  readonly klNats: number | null
  /** Jensen–Shannon divergence. */
  readonly jsNats: number | null
  /** 1 is the most likely. */
  readonly rank: number | null
  readonly baselineRank: number | null
  /** Whether both sides have the same most likely token. */
  readonly sameTop: boolean | null
}

export interface ComparisonReport extends ReportedProvenance {
  readonly baseline: ReportedProvenance
  /** False if the texts differ too much for a diff: then only their common beginning and end are compared. */
  readonly aligned: boolean
  readonly positions: readonly ReportedComparedPosition[]
  /** Null if no token was compared. */
  readonly summary: ComparisonSummary | null
}

/** A report whose positions can be read once. */
export type StreamedComparisonReport = Omit<ComparisonReport, 'positions'> & {
  readonly positions: Iterable<ReportedComparedPosition>
}

/** The comparison of one section of an inspection, whose predictions are not used. */
export interface SectionComparison {
  readonly inspection: Inspection
  /** Index of the section. */
  readonly section: number
  /** The models of both sides, as they ran in the comparison. */
  readonly models: NonNullable<InspectionComparison['models']>
  readonly compared: Pick<ComparedSection, 'tokens' | 'contextTokens' | 'isComplete'>
}

/** The comparison of a section; null if the inspection is not compared, or its models are not loaded yet. */
export function comparisonOfSection(inspection: Inspection, section: number): SectionComparison | null {
  const { models, sections } = inspection.comparison ?? NOT_LOADED
  const compared = sections[section]
  return models === null || compared === undefined ? null : { inspection, section, models, compared }
}

const NOT_LOADED: Pick<InspectionComparison, 'models' | 'sections'> = { models: null, sections: [] }

export function comparisonReportOf(comparison: SectionComparison, vocabulary: Vocabulary): ComparisonReport {
  const report = streamedComparisonReportOf(comparison, vocabulary)
  return { ...report, positions: [...report.positions] }
}

/** The same report with positions that are made while they are read. */
export function streamedComparisonReportOf(
  comparison: SectionComparison,
  vocabulary: Vocabulary,
): StreamedComparisonReport {
  const { compared } = comparison
  return {
    ...provenanceOfSide(comparison, 'shown'),
    baseline: provenanceOfSide(comparison, 'baseline'),
    aligned: compared.isComplete,
    positions: positionsOf(comparison, vocabulary),
    summary: summarizeTokens(compared.tokens),
  }
}

/** The model and settings that a side ran with, and how many tokens it saw before the section. */
export function provenanceOfSide(
  { inspection, section, models, compared }: SectionComparison,
  side: 'shown' | 'baseline',
): ReportedProvenance {
  const provenance = reportedProvenance({ ...inspection, model: models[side] }, section)
  return { ...provenance, contextTokens: compared.contextTokens?.[side] ?? provenance.contextTokens }
}

function* positionsOf(
  { inspection, section, compared: { tokens } }: SectionComparison,
  vocabulary: Vocabulary,
): Generator<ReportedComparedPosition> {
  let index = 0
  for (const [position, { tokenId }] of elementAt(inspection.sections, section).tokens.entries()) {
    const next = tokens.at(index)
    const compared = next?.position === position ? next : undefined
    if (compared !== undefined) index++
    yield reportPosition(reportToken(tokenId, vocabulary), position, compared)
  }
}

function reportPosition(
  { tokenId, text, bytes, partial }: ReportedToken,
  position: number,
  compared: ComparedToken | undefined,
): ReportedComparedPosition {
  return {
    position,
    tokenId,
    text,
    ...(bytes !== undefined && { bytes }),
    ...(partial !== undefined && { partial }),
    ...(compared === undefined ? NOT_COMPARED : reportCompared(compared)),
  }
}

const NOT_COMPARED = {
  baselinePosition: null,
  logProb: null,
  baselineLogProb: null,
  klNats: null,
  jsNats: null,
  rank: null,
  baselineRank: null,
  sameTop: null,
}

function reportCompared(token: ComparedToken) {
  const { baselinePosition, score, baselineScore, kl, jensenShannon } = token
  return {
    baselinePosition,
    logProb: score.logProb,
    baselineLogProb: baselineScore.logProb,
    klNats: kl,
    jsNats: jensenShannon,
    rank: score.rank,
    baselineRank: baselineScore.rank,
    sameTop: hasSameTop(token),
  }
}
