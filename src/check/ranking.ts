// Which mistakes explain a file, given how far each is from it.

import type { Defect, DefectCandidate } from '../shared/contracts/check/checkResult'

/** A mistake may be named if every rival leaves at least this many times as much. */
const MIN_RATIO = 2
/** A mistake explains a file if it leaves at most this many times the noise … */
const MAX_NOISES = 3
/** … or this part of the difference: a mistake such as a missing scale multiplies the noise of the arithmetic. */
const MAX_UNEXPLAINED_PART = 0.02

/** The residuals of the simulated mistakes; all figures are over the same rows, in log-probabilities, nats. */
export interface Ranking {
  /** The difference that the file's rounding and the order of float32 additions explain. */
  readonly noise: number
  /** The difference that remains if no mistake is simulated. */
  readonly withoutMistake: number
  /** One entry for each set of mistakes, best first. */
  readonly candidates: readonly DefectCandidate[]
}

export type Decision =
  /** The mistakes explain the file, and nothing else does nearly as well. */
  | { readonly kind: 'named'; readonly best: DefectCandidate; readonly isWhole: boolean }
  /** These explain it equally well. */
  | { readonly kind: 'ambiguous'; readonly fitting: readonly DefectCandidate[] }
  /** Nothing explains it. */
  | { readonly kind: 'unexplained' }

/**
 * Decides by three rules: the named mistake leaves at most half the residual of each rival, GPT-2 without any mistake included; a
 * further mistake must halve the residual; and the remaining residual must be noise.
 */
export function decide({ noise, withoutMistake, candidates }: Ranking): Decision {
  const [best] = candidates
  if (best === undefined) return { kind: 'unexplained' }
  const isWhole = best.residualNats <= MAX_NOISES * noise
  if (!isWhole && best.residualNats > MAX_UNEXPLAINED_PART * withoutMistake) return { kind: 'unexplained' }
  if (withoutMistake < MIN_RATIO * best.residualNats) return { kind: 'unexplained' }
  const rivals = candidates.filter(
    ({ defects, residualNats }) =>
      residualNats < MIN_RATIO * best.residualNats &&
      !best.defects.every((defect) => defects.includes(defect)),
  )
  return rivals.length === 0
    ? { kind: 'named', best, isWhole }
    : { kind: 'ambiguous', fitting: [best, ...rivals] }
}

/** Whether the noise alone explains the residual. */
export function isNoise(residual: number, noise: number): boolean {
  return residual <= MAX_NOISES * noise
}

/** Whether so much is explained that a row may be worth more runs of the model. */
export function isNearly(residual: number, { noise, withoutMistake }: Omit<Ranking, 'candidates'>): boolean {
  return residual <= Math.max(MAX_NOISES * noise, MAX_UNEXPLAINED_PART * withoutMistake)
}

/** Whether a residual is at most half of another one. */
export function isHalf(residual: number, other: number): boolean {
  return MIN_RATIO * residual <= other
}

/**
 * One entry for each set of mistakes, with the smallest residual of its variants, best first. A further mistake that does
 * not halve what is left is no explanation.
 */
export function bestOfEach(candidates: readonly DefectCandidate[]): DefectCandidate[] {
  const best = new Map<string, DefectCandidate>()
  for (const candidate of candidates) {
    const key = keyOf(candidate.defects)
    const known = best.get(key)
    if (known === undefined || candidate.residualNats < known.residualNats) best.set(key, candidate)
  }
  const finite = [...best.values()].filter(({ residualNats }) => Number.isFinite(residualNats))
  return finite
    .filter((candidate) => !finite.some((part) => isAsGoodPart(part, candidate)))
    .sort((a, b) => a.residualNats - b.residualNats)
}

function isAsGoodPart(part: DefectCandidate, whole: DefectCandidate): boolean {
  return (
    part.defects.length < whole.defects.length &&
    part.defects.every((defect) => whole.defects.includes(defect)) &&
    !isHalf(whole.residualNats, part.residualNats)
  )
}

function keyOf(defects: readonly Defect[]): string {
  return [...defects].sort().join()
}
