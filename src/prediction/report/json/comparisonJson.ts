import { isCompared, sideNames } from '../../../shared/text/comparisonText'
import type { Vocabulary } from '../../../shared/text/vocabulary'
import { type SectionComparison, streamedComparisonReportOf } from './comparisonReport'
import { printableJson } from './json'

/**
 * The text of the property `comparison` in the JSON of a section's inspection: what `logitscope compare --json` prints, with the
 * names of the sides and how far the comparison is. The provenance is that of the comparison, which can have run on another
 * backend than the inspection.
 */
export function* comparisonProperty(
  comparison: SectionComparison,
  vocabulary: Vocabulary,
): Generator<string> {
  const { inspection } = comparison
  if (!isCompared(inspection)) return
  const { positions, summary, ...settings } = streamedComparisonReportOf(comparison, vocabulary)
  const sides = sideNames(inspection)
  const state = inspection.comparison.state.kind
  yield `"comparison":${printableJson({ sides, state, ...settings }).slice(0, -1)},"positions":[`
  let separator = '\n'
  for (const position of positions) {
    yield `${separator}${printableJson(position)}`
    separator = ',\n'
  }
  yield `\n],${printableJson({ summary }).slice(1)}`
}
