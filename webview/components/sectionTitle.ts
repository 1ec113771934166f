import type { Section } from '../../src/shared/prediction'

/** `Line 7` · `Lines 3–9` */
export function sectionTitle({ lines: { first, last } }: Section): string {
  return first === last ? `Line ${first}` : `Lines ${first}–${last}`
}
