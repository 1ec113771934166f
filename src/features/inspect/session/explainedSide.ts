import type { BaselineSide } from '../../../prediction/compare/compareInspection'
import type { ExplainedSequence } from '../../../prediction/explain/explanations'
import type { SectionSequence } from '../../../prediction/windows/inspectDocument'
import type { ComparedSection } from '../../../shared/contracts/panel/comparison'
import type { ModelInfo } from '../../../shared/contracts/engine/prediction'
import type { InspectionRun } from './inspectionRun'

/** One side of a section of the shown run, as the requests to explain its tokens need it. */
export interface ExplainedSide {
  /** The part that every request has: the tokens, the model and its windows. */
  readonly request: ExplainedSequence & { readonly model: ModelInfo }
  /** Index of the section's first token in the sequence. */
  readonly from: number
  /** The row of this side for a row of the shown section; undefined if this side does not have it. */
  readonly positionOf: (position: number) => number | undefined
}

/** The shown side; undefined if the run has no such section. */
export function shownSide(
  { inspection, sequences }: InspectionRun,
  section: number,
): ExplainedSide | undefined {
  const sequence = sequences.at(section)
  if (sequence === undefined) return undefined
  const { startToken, model } = inspection
  const { tokenIds, from, to } = sequence
  return { request: { tokenIds, to, startToken, model }, from, positionOf: (position) => position }
}

/** The baseline's side, in the windows of the comparison; undefined if the run is not compared, or has no such section. */
export function baselineSide(
  { inspection }: InspectionRun,
  { model: baselineModel, sequences }: BaselineSide,
  section: number,
): ExplainedSide | undefined {
  const { startToken, comparison } = inspection
  const compared = comparison?.sections[section]
  const models = comparison?.models
  const sequence = sequences.at(section)
  if (compared === undefined || models === undefined || models === null || sequence === undefined)
    return undefined
  const { tokenIds, from, to } = sequence
  const maxPositions = Math.min(models.shown.nPositions, models.baseline.nPositions)
  const tokenCount = inspection.sections[section]?.tokens.length ?? 0
  return {
    request: { tokenIds, to, startToken, model: models.baseline, baselineModel, maxPositions },
    from,
    positionOf: positionsOf(compared, { tokenCount, sequence }),
  }
}

/** Where the rows of the shown section are in the baseline's. */
function positionsOf(
  { tokens, next }: ComparedSection,
  { tokenCount, sequence: { from, to } }: { readonly tokenCount: number; readonly sequence: SectionSequence },
): ExplainedSide['positionOf'] {
  const positions = new Map(Array.from(tokens, (token) => [token.position, token.baselinePosition]))
  if (next !== null) positions.set(tokenCount, to - from)
  return (position) => positions.get(position)
}
