import { AppendedList } from '../appendedList'
import { assertNever } from '../assertNever'
import type { Inspection, Section } from './prediction'
import type {
  AppendPredictionsMessage,
  SetDocumentMessage,
  SetModelMessage,
  SetNextMessage,
  SetPrecisionCostMessage,
  SetStateMessage,
} from './protocol'

/** A change of an inspection while it runs. The host and the panel each apply it to their own copy. */
export type InspectionUpdate =
  | AppendPredictionsMessage
  | SetNextMessage
  | SetModelMessage
  | SetStateMessage
  | SetDocumentMessage
  | SetPrecisionCostMessage

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
    case 'setPrecisionCost':
      return { ...inspection, precisionCost: update.state }
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
