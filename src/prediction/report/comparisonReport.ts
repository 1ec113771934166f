// A comparison as the object that the CLI prints as JSON and the extension's API returns.

import type { ComparedToken } from '../../shared/contracts/comparison'
import type { ComparisonSummary } from '../../shared/contracts/comparisonSummary'
import type { Inspection } from '../../shared/contracts/inspection'
import type { ModelInfo } from '../../shared/contracts/prediction'
import { elementAt } from '../../shared/elementAt'
import { summarizeComparison } from '../../shared/numbers/comparisonSummary'
import type { Vocabulary } from '../../shared/text/vocabulary'
import { type ReportedProvenance, reportedProvenance, type ReportedToken, reportToken } from './report'

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

/** A comparison and what it is of. Both inspections have their tokens; their predictions are not used. */
export interface TextComparison {
  readonly model: ModelInfo
  readonly baseline: ModelInfo
  readonly isComplete: boolean
  readonly tokens: readonly ComparedToken[]
  readonly shownText: Inspection
  readonly baselineText: Inspection
}

export function comparisonReportOf(comparison: TextComparison, vocabulary: Vocabulary): ComparisonReport {
  const { model, baseline, shownText, baselineText, tokens, isComplete } = comparison
  const compared = new Map(tokens.map((token) => [token.position, token]))
  return {
    ...reportedProvenance({ ...shownText, model }),
    baseline: reportedProvenance({ ...baselineText, model: baseline }),
    aligned: isComplete,
    positions: tokensOf(shownText).map(({ tokenId }, position) =>
      reportPosition(reportToken(tokenId, vocabulary), position, compared.get(position)),
    ),
    summary: summaryOf(tokens),
  }
}

/** Null if no token was compared. */
export function summaryOf(tokens: readonly ComparedToken[]): ComparisonSummary | null {
  return summarizeComparison(
    tokens.map(({ score, baselineScore, kl }) => ({
      logProb: score.logProb,
      baselineLogProb: baselineScore.logProb,
      kl,
      sameTop: hasSameTop({ score, baselineScore }),
      maxAbsDelta: Math.abs(score.logProb - baselineScore.logProb),
    })),
  )
}

/** Whether both sides have the same most likely token. */
export function hasSameTop({
  score,
  baselineScore,
}: Pick<ComparedToken, 'score' | 'baselineScore'>): boolean {
  return score.top.at(0)?.tokenId === baselineScore.top.at(0)?.tokenId
}

function tokensOf({ sections }: Inspection) {
  return elementAt(sections, 0).tokens
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
