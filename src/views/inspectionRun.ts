import type { PreparedInspection } from '../prediction/inspectDocument'
import type { Distribution, InspectionState, Section, TokenPrediction } from '../shared/prediction'

/** An inspection as the extension host holds it: what the panel shows, and what is needed to go on from there. */
export interface InspectionRun extends PreparedInspection {
  /** Of the document's text, to tell later whether it is still the one that was inspected. */
  readonly textDigest: string
  /** Nothing was selected: run again, it takes the whole document, however that has grown. */
  readonly wholeDocument: boolean
}

export function withPredictions(
  run: InspectionRun,
  index: number,
  more: readonly TokenPrediction[],
): InspectionRun {
  return withSection(run, index, (section) => ({
    ...section,
    predictions: [...section.predictions, ...more],
  }))
}

export function withNext(run: InspectionRun, index: number, next: Distribution): InspectionRun {
  return withSection(run, index, (section) => ({ ...section, next }))
}

export function withState(run: InspectionRun, state: InspectionState): InspectionRun {
  return { ...run, inspection: { ...run.inspection, state } }
}

function withSection(
  run: InspectionRun,
  index: number,
  change: (section: Section) => Section,
): InspectionRun {
  const sections = run.inspection.sections.map((section, i) => (i === index ? change(section) : section))
  return { ...run, inspection: { ...run.inspection, sections } }
}
