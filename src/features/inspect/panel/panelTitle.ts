import type { Inspection } from '../../../shared/contracts/panel/inspection'
import type { Notice } from '../../../shared/contracts/panel/protocol'

/**
 * The title of the panel's tab: `Logits: main.py` or `Completion: main.py`; the document that is asked about while a long
 * run waits for an answer. Undefined if nothing was inspected.
 */
export function tabTitle(inspection: Inspection | undefined, notice: Notice | undefined): string | undefined {
  if (notice?.kind === 'longRun') return `Logits: ${lastPart(notice.documentName)}`
  if (inspection === undefined) return undefined
  const what = inspection.generation === undefined ? 'Logits' : 'Completion'
  return `${what}: ${lastPart(inspection.documentName)}`
}

function lastPart(documentName: string): string {
  return documentName.slice(documentName.lastIndexOf('/') + 1)
}
