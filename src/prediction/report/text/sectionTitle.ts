import type { Inspection, Section } from '../../../shared/contracts/panel/inspection'
import { candidateTitle } from '../../../shared/text/generation'

/** `lines 3 to 9`, or the title of a completion's candidate. */
export function sectionTitle(inspection: Inspection, section: Section): string {
  return candidateTitle(inspection, inspection.sections.indexOf(section)) ?? describeLines(section)
}

function describeLines({ lines: { first, last } }: Section): string {
  return first === last ? `line ${first}` : `lines ${first} to ${last}`
}
