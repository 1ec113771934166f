// The reasons for a verdict, in sentences.

import type { Rounding } from '../files/representation/representation'
import type { CheckReport, DefectCandidate } from '../shared/contracts/check/checkResult'
import { defectNames, formatNats } from '../shared/text/checkText'
import { formatCounted } from '../shared/text/format'
import type { Decision } from './ranking'

/** The facts that the sentences state. */
export interface EvidenceFacts {
  readonly model: string
  readonly summary: CheckReport['summary']
  readonly maxAbsDelta: number
  readonly rounding: Rounding
  /** Row of the input; null if no row differs. */
  readonly firstPosition: number | null
  readonly firstRow: number
  /** Rows of the file without any number. */
  readonly emptyRows: readonly number[]
  /** Null if nothing was simulated. */
  readonly search: {
    readonly decision: Decision
    readonly candidates: readonly DefectCandidate[]
    readonly withoutMistake: number
  } | null
}

export function equalEvidence({ summary, model, maxAbsDelta, rounding }: EvidenceFacts): string {
  const { tokens } = summary
  const rows = tokens === 1 ? 'The row agrees' : `All ${formatCounted(tokens, 'row')} agree`
  return `${rows} with ${model} as far as ${rounding} tells: the largest difference of two log-probabilities is ${formatNats(maxAbsDelta)}.`
}

export function namedEvidence(facts: EvidenceFacts, best: DefectCandidate, isWhole: boolean): string {
  const rival = facts.search?.candidates.find(
    ({ defects }) => !best.defects.every((defect) => defects.includes(defect)),
  )
  return sentences(
    rowSentence(facts),
    `With ${defectNames(best.defects)}, ${facts.model} gives the file’s rows: ${formatNats(best.residualNats)} are left of ${formatNats(facts.search?.withoutMistake ?? NaN)} (root mean square of the differences of log-probabilities).`,
    rival &&
      `The next best explanation, ${defectNames(rival.defects)}, leaves ${formatNats(rival.residualNats)}.`,
    !isWhole &&
      `What is left is more than ${facts.rounding} explains, so there may be a further, smaller mistake.`,
  )
}

export function ambiguousEvidence(facts: EvidenceFacts, fitting: readonly DefectCandidate[]): string {
  const listed = fitting.map(
    ({ defects, residualNats }) => `${defectNames(defects)} (${formatNats(residualNats)})`,
  )
  return sentences(
    rowSentence(facts),
    `These fit equally: ${listed.join('; ')}.`,
    facts.rounding !== 'float32' && `${facts.rounding} is too coarse to tell them apart: save in float32.`,
  )
}

export function unexplainedEvidence(facts: EvidenceFacts): string {
  const { summary, model, search, emptyRows, rounding } = facts
  const best = search?.candidates.find(({ defects }) => defects.length === 1)
  return sentences(
    emptyRows.length > 0 &&
      `${formatCounted(emptyRows.length, 'row')} of the file, row ${emptyRows[0] ?? 0} first, have NaN or infinite numbers: a softmax over a row in which everything is masked gives NaN, and so does an overflow.`,
    rowSentence(facts),
    search !== null && rounding !== 'float32' && search.withoutMistake < COARSE_NATS[rounding]
      ? `The difference is as small as the rounding of ${rounding}: save in float32.`
      : best !== undefined &&
          search !== null &&
          `No simulated mistake explains the difference of ${formatNats(search.withoutMistake)}; the best one, ${defectNames(best.defects)}, leaves ${formatNats(best.residualNats)}.`,
    surprisalSentence(summary, model),
  )
}

export function dropoutEvidence({ model }: EvidenceFacts, delta: number): string {
  return `Two runs on the same text differ by up to ${formatNats(delta)}, and ${model} gives the same numbers in every run: dropout is on.`
}

export function untiedEvidence(facts: EvidenceFacts): string {
  return sentences(
    rowSentence(facts),
    `The rows before the LM head are those of ${facts.model}, and no other mistake of ln_f or the head gives the file’s logits: the head’s matrix is not wte.`,
  )
}

/** A root mean square that may be rounding alone. */
const COARSE_NATS: Readonly<Record<Rounding, number>> = { float32: 0, float16: 0.05, bfloat16: 0.4 }

/** Bits per token of a text that its own model has seen nothing of: a good deal more than any GPT-2 has. */
const UNRELATED_BITS = 12

function rowSentence({ firstPosition, firstRow }: EvidenceFacts): string | false {
  if (firstPosition === null) return false
  if (firstPosition === firstRow)
    return firstRow === 0
      ? 'Row 0 is wrong already, so the mistake does not need earlier positions.'
      : `Row ${firstRow}, the first one, is wrong.`
  return firstPosition === firstRow + 1 && firstRow === 0
    ? 'Row 0 is right and row 1 is not: what a position takes from others is wrong (the scale, the order of queries and keys, the mask), or the positions are.'
    : `The rows before row ${firstPosition} are right.`
}

/** Another text gives the tokens far more bits, another model about as many. */
function surprisalSentence(
  { bitsPerToken, baselineBitsPerToken }: CheckReport['summary'],
  model: string,
): string | false {
  if (bitsPerToken === null || baselineBitsPerToken === null) return false
  const figures = `the file gives the text’s tokens ${bitsPerToken.toFixed(1)} bits each, ${model} ${baselineBitsPerToken.toFixed(1)}`
  return bitsPerToken > Math.max(UNRELATED_BITS, 2 * baselineBitsPerToken)
    ? `Check that the file is of this text, and that the weights are loaded: ${figures}.`
    : `Check that the file is of this text and of this model: ${figures}.`
}

function sentences(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part): part is string => typeof part === 'string').join(' ')
}
