import { AppendedList } from '../../appendedList'
import { assertNever } from '../../assertNever'
import type { ComparedSection, InspectionComparison } from './comparison'
import type { Inspection, Section } from './inspection'
import type {
  AppendComparedMessage,
  AppendPredictionsMessage,
  SetComparisonMessage,
  SetComparisonStateMessage,
  SetDocumentMessage,
  SetModelMessage,
  SetNextMessage,
  SetStateMessage,
} from './protocol'

/** A change of an inspection while it runs. The host and the panel each apply it to their own copy. */
export type InspectionUpdate =
  | AppendPredictionsMessage
  | SetNextMessage
  | SetModelMessage
  | SetStateMessage
  | SetDocumentMessage
  | SetComparisonMessage
  | SetComparisonStateMessage
  | AppendComparedMessage

/** Applies an update; returns the same object if the update belongs to another inspection. */
export function updateInspection(inspection: Inspection, update: InspectionUpdate): Inspection {
  if (update.inspectionId !== inspection.id) return inspection
  switch (update.type) {
    case 'appendPredictions':
      return updateSection(inspection, update.section, (section) => ({
        ...section,
        predictions: AppendedList.of(section.predictions, update.predictions),
      }))
    case 'setNext':
      return updateSection(inspection, update.section, (section) => ({ ...section, next: update.next }))
    case 'setState':
      return { ...inspection, state: update.state }
    case 'setModel':
      return { ...inspection, model: update.model }
    case 'setDocument':
      return { ...inspection, documentUri: update.documentUri, documentName: update.documentName }
    case 'setComparison':
      return { ...inspection, comparison: update.comparison ?? undefined }
    case 'setComparisonState': {
      const { state, models } = update
      return updateComparison(inspection, (comparison) => ({
        ...comparison,
        state,
        models: models ?? comparison.models,
      }))
    }
    case 'appendCompared':
      return updateComparison(inspection, (comparison) => appendCompared(comparison, update))
    default:
      return assertNever(update)
  }
}

function updateSection(
  inspection: Inspection,
  index: number,
  update: (section: Section) => Section,
): Inspection {
  const sections = inspection.sections.map((section, i) => (i === index ? update(section) : section))
  return { ...inspection, sections }
}

/** Returns the same object if the inspection is not compared. */
function updateComparison(
  inspection: Inspection,
  update: (comparison: InspectionComparison) => InspectionComparison,
): Inspection {
  const { comparison } = inspection
  return comparison === undefined ? inspection : { ...inspection, comparison: update(comparison) }
}

function appendCompared(
  comparison: InspectionComparison,
  { section: index, tokens, next, shared, contextTokens, baselineOnly, isComplete }: AppendComparedMessage,
): InspectionComparison {
  const sections = comparison.sections.map((section, i): ComparedSection => {
    if (i !== index) return section
    return {
      tokens: AppendedList.of(section.tokens, tokens),
      next: next ?? section.next,
      shared: shared ?? section.shared,
      contextTokens: contextTokens ?? section.contextTokens,
      baselineOnly: baselineOnly ?? section.baselineOnly,
      isComplete: isComplete ?? section.isComplete,
    }
  })
  return { ...comparison, sections }
}
