import { elementAt } from '../../../src/shared/elementAt'
import { candidateTitle } from '../../../src/shared/text/generation'
import type { Inspection, Section } from '../../../src/shared/contracts/panel/inspection'

/** `Line 7` · `Lines 3–9` · `Candidate 1 · 24 %`; undefined for a document's only section, which needs no title. */
export function sectionTitle(inspection: Inspection, index: number): string | undefined {
  const { sections } = inspection
  return (
    candidateTitle(inspection, index) ??
    (sections.length > 1 ? linesTitle(elementAt(sections, index)) : undefined)
  )
}

function linesTitle({ lines: { first, last } }: Section): string {
  return first === last ? `Line ${first}` : `Lines ${first}–${last}`
}
