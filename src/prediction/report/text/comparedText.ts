// The comparison of an inspection as plain text: both sides, the summary, and a line for each token.

import { assertNever } from '../../../shared/assertNever'
import type {
  BaselineOnlyTokens,
  ComparedToken,
  Divergence,
} from '../../../shared/contracts/panel/comparison'
import type { Inspection } from '../../../shared/contracts/panel/inspection'
import { elementAt } from '../../../shared/elementAt'
import { comparedAt, deltaBits, summarizeTokens } from '../../../shared/numbers/comparedTokens'
import {
  type ComparedInspection,
  isCompared,
  type SideNames,
  sideNames,
} from '../../../shared/text/comparisonText'
import {
  formatCount,
  formatCounted,
  formatDivergence,
  formatSigned,
  speakPercent,
} from '../../../shared/text/format'
import { oneLine } from '../../../shared/text/plainMessage'
import { speakToken } from '../../../shared/text/tokenText'
import type { Vocabulary } from '../../../shared/text/vocabulary'
import { comparisonOfSection, provenanceOfSide, type SectionComparison } from '../json/comparisonReport'
import { describeComparison, describeSide, NOT_ALIGNED } from './comparisonText'
import { sectionTitle } from './sectionTitle'

/** Describes both sides of the comparison and its progress in one line; no line if the inspection is not compared. */
export function comparisonStateLines(inspection: Inspection): string[] {
  if (!isCompared(inspection)) return []
  const { shown, baseline } = sideNames(inspection)
  return [oneLine(`Compared: ${shown} (shown) with ${baseline} (baseline). ${describeState(inspection)}`)]
}

function describeState({ comparison: { state } }: ComparedInspection): string {
  switch (state.kind) {
    case 'loading':
    case 'running':
      return 'Still running.'
    case 'done':
      return 'Done.'
    case 'cancelled':
      return 'Cancelled.'
    case 'interrupted':
      return 'Interrupted.'
    case 'failed':
      return `Failed: ${state.message}`
    default:
      return assertNever(state)
  }
}

/** The names of both sides of a section and what they ran with, one line each; no lines if it is not compared. */
export function sideLines(inspection: Inspection, section: number): string[] {
  const comparison = comparisonOfSection(inspection, section)
  if (comparison === null || !isCompared(inspection)) return []
  const names = sideNames(inspection)
  return (['shown', 'baseline'] as const).map((side) =>
    oneLine(`${side}: ${names[side]} · ${describeSide(provenanceOfSide(comparison, side))}`),
  )
}

/** The lines of all compared sections, made while they are read. */
export function* comparedLines(inspection: Inspection, vocabulary: Vocabulary): Generator<string> {
  if (!isCompared(inspection)) return
  const names = sideNames(inspection)
  for (const [index, section] of inspection.sections.entries()) {
    const comparison = comparisonOfSection(inspection, index)
    if (comparison === null) continue
    const { tokens, isComplete } = comparison.compared
    const summary = summarizeTokens(tokens)
    yield oneLine(`Comparison of ${sectionTitle(inspection, section)}:`)
    yield* sideLines(inspection, index)
    if (!isComplete) yield NOT_ALIGNED
    yield* summary === null ? ['No token was compared.'] : describeComparison(summary)
    yield ''
    yield 'Both sides, one token per line. Δ is shown − baseline:'
    yield* tokenLines(comparison, names, vocabulary)
    yield ''
  }
}

function* tokenLines(
  { inspection, section, compared }: SectionComparison,
  names: SideNames,
  vocabulary: Vocabulary,
): Generator<string> {
  const speak = (tokenId: number) => speakToken(vocabulary.bytesOf(tokenId))
  const { tokens } = elementAt(inspection.sections, section)
  const { baselineOnly, next } = elementAt(inspection.comparison?.sections ?? [], section)
  let run = 0
  for (let position = 0; position <= tokens.length; position++) {
    for (; baselineOnly[run]?.position === position; run++)
      yield onlyLine(elementAt(baselineOnly, run), names, speak)
    const token = tokens[position]
    const title =
      token === undefined
        ? 'Next'
        : `${speak(token.tokenId)}. Token ${position} of ${formatCount(tokens.length)}`
    const pair = comparedAt(compared.tokens, position)
    if (pair !== undefined) yield oneLine(`${title}. ${describePair(pair, names)}`)
    else if (token !== undefined) yield `${title}. Not compared.`
    else if (next !== null) yield `${title}. ${describeDivergence(next)}.`
  }
}

/** `mini 12 percent, rank 3. mini int8 11 percent, rank 4. Δ log₂ p +0.13, KL 0.0012 nats.` */
function describePair(token: ComparedToken, names: SideNames): string {
  const side = (name: string, { logProb, rank }: ComparedToken['score']) =>
    `${name} ${speakPercent(Math.exp(logProb))}, rank ${formatCount(rank)}`
  const delta = `Δ log₂ p ${formatSigned(deltaBits(token))}, ${describeDivergence(token)}`
  return `${side(names.shown, token.score)}. ${side(names.baseline, token.baselineScore)}. ${delta}.`
}

function describeDivergence({ kl, jensenShannon }: Divergence): string {
  return `KL ${formatDivergence(kl)} nats, JS ${formatDivergence(jensenShannon)} nats`
}

/** A longer list would not be read to its end. */
const MAX_LISTED = 50

function onlyLine(
  { tokenIds }: BaselineOnlyTokens,
  { baseline }: SideNames,
  speak: (tokenId: number) => string,
): string {
  const listed = tokenIds.slice(0, MAX_LISTED).map(speak).join('; ')
  const more = Math.max(0, tokenIds.length - MAX_LISTED)
  return oneLine(
    `Only ${baseline} has here: ${listed}${more === 0 ? '' : `; and ${formatCounted(more, 'more token')}`}.`,
  )
}
