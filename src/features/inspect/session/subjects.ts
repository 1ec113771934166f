import type { InspectionTarget } from '../../../editor/documents/inspectionTarget'
import { digestOf } from '../../../editor/documents/textDigest'
import { TrackedTarget } from '../../../editor/documents/trackedTarget'
import type { InspectionRun } from './inspectionRun'
import type { Subject } from './sessionState'

/** Tracks a target from its current text on. */
export function documentSubject({ document, text, ranges, wholeDocument }: InspectionTarget): Subject {
  const target = new TrackedTarget({
    documentUri: document.uri.toString(),
    ranges: ranges.map(({ range }) => range),
    wholeDocument,
    textDigest: digestOf(text),
  })
  return { kind: 'document', target }
}

/** The subject of a run that an earlier window has stored. */
export function storedSubject(run: InspectionRun): Subject {
  const { documentUri, sections, generation } = run.inspection
  if (generation !== undefined) return { kind: 'completion', completion: run }
  const ranges = sections.map(({ range }) => range)
  return { kind: 'document', target: new TrackedTarget({ ...run, documentUri, ranges }) }
}
