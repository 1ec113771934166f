// The computed explanations of a run as text, for its exports and for Open Results as Text.

import {
  type SectionLens,
  lensProperty,
  streamedLensReportOf,
} from '../../../../prediction/report/json/lensReport'
import { lensLines } from '../../../../prediction/report/text/lensText'
import { LENS_TOP_K } from '../../../../shared/contracts/engine/explanation'
import { formatCounted } from '../../../../shared/text/format'
import type { Vocabulary } from '../../../../shared/text/vocabulary'
import type { InspectionRun } from '../../session/inspectionRun'
import { attributedCount, whyLines, whyProperty } from './whyTexts'

/** Characters in a line of the document that Open Results as Text shows. */
const LINE_WIDTH = 100

/** The properties of a section's report in JSON, each as pieces of text. */
export function* explanationProperties(
  run: InspectionRun,
  section: number,
  vocabulary: Vocabulary,
): Generator<Iterable<string>> {
  const lens = lensOf(run, section)
  if (lens !== null) yield lensProperty(lens, vocabulary)
  if (attributedCount(run, section) > 0) yield whyProperty(run, section, vocabulary)
}

/** The lines of all sections after their tokens, made while they are read. */
export function* explanationLines(run: InspectionRun, vocabulary: Vocabulary): Generator<string> {
  for (const section of run.inspection.sections.keys()) {
    const lens = lensOf(run, section)
    if (lens !== null) {
      yield `The logit lens of ${formatCounted(lens.rows.size, 'token')}:`
      yield* lensLines(streamedLensReportOf(lens, vocabulary), LINE_WIDTH)
    }
    const attributed = attributedCount(run, section)
    if (attributed > 0) yield `Direct logit attribution of ${formatCounted(attributed, 'token')}:`
    yield* whyLines(run, section, { vocabulary, columns: LINE_WIDTH })
  }
}

/** Null if no row is computed. */
function lensOf({ inspection, lens }: InspectionRun, section: number): SectionLens | null {
  const rows = lens.ofSection(section)
  const [from] = rows.keys()
  return from === undefined ? null : { inspection, section, from, rows, topK: LENS_TOP_K }
}
