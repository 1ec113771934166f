// Why tokens of a run were predicted, for its exports and for Open Results as Text.

import { formatWhy } from '../../../../prediction/report/text/whyText'
import {
  type ExplainedToken,
  type ReportedKnockout,
  whyJsonTexts,
  type WhyReport,
  whyReportOf,
} from '../../../../prediction/report/json/whyReport'
import { reportToken } from '../../../../prediction/report/report'
import type { Knockout, WhyAnswer } from '../../../../shared/contracts/panel/why'
import { elementAt } from '../../../../shared/elementAt'
import { formatProbability } from '../../../../shared/text/format'
import { showToken } from '../../../../shared/text/tokenText'
import type { Vocabulary } from '../../../../shared/text/vocabulary'
import type { InspectionRun } from '../../session/inspectionRun'

/** An answer that has an attribution; in int8 none has. */
interface Attributed {
  readonly answer: WhyAnswer
  readonly explained: ExplainedToken
}

/** The property `why` of a section's report in JSON, in pieces; nothing if no token of the section is attributed. */
export function* whyProperty(run: InspectionRun, section: number, vocabulary: Vocabulary): Generator<string> {
  const attributed = attributedIn(run, section)
  for (const [i, one] of attributed.entries()) {
    yield i === 0 ? '"why":[\n' : ',\n'
    yield* whyJsonTexts(reportOf(one, vocabulary))
  }
  if (attributed.length > 0) yield '\n]'
}

/** The text about each attributed token of a section. */
export function* whyLines(
  run: InspectionRun,
  section: number,
  { vocabulary, columns }: { readonly vocabulary: Vocabulary; readonly columns: number },
): Generator<string> {
  for (const one of attributedIn(run, section)) {
    const report = reportOf(one, vocabulary)
    const input = Array.from(one.explained.inputIds, (tokenId) => vocabulary.bytesOf(tokenId))
    yield formatWhy(report, { input, columns })
    if (report.knockout !== undefined) yield knockoutLine(one.answer, report.knockout, vocabulary)
  }
}

/** How many tokens of a section are attributed. */
export function attributedCount(run: InspectionRun, section: number): number {
  return attributedIn(run, section).length
}

function attributedIn({ inspection, why }: InspectionRun, section: number): readonly Attributed[] {
  return why.flatMap((answer): Attributed[] => {
    const { subject, window, attribution, context, model = inspection.model } = answer
    if (subject.section !== section || attribution === null) return []
    const { tokenId, contrast, position } = subject
    const isNext = position === elementAt(inspection.sections, section).tokens.length
    return [
      {
        answer,
        explained: {
          inspection: { ...inspection, model },
          section,
          position: isNext ? 'next' : position,
          inputIds: window.inputIds,
          tokenId,
          contrast,
          attribution,
          contextCurve: context?.[0] ?? [],
        },
      },
    ]
  })
}

function reportOf({ answer, explained }: Attributed, vocabulary: Vocabulary): WhyReport {
  const report = whyReportOf(explained, vocabulary)
  const { knockout } = answer
  return knockout === null ? report : { ...report, knockout: reportKnockout(knockout, vocabulary) }
}

function reportKnockout({ rows, logProbs, top }: Knockout, vocabulary: Vocabulary): ReportedKnockout {
  return {
    rows,
    logProb: elementAt(logProbs, 0),
    againstLogProb: logProbs[1] ?? null,
    top: { ...reportToken(top.tokenId, vocabulary), logProb: top.logProb },
  }
}

/** `Without ·throw (row 62 of the input): ·Config 0.23 %, now most likely ·Error 7.9 %` */
function knockoutLine(
  { subject, window }: WhyAnswer,
  { rows, logProb, top }: ReportedKnockout,
  vocabulary: Vocabulary,
): string {
  const show = (tokenId: number) => showToken(vocabulary.bytesOf(tokenId))
  const without = rows.map((row) => `${show(elementAt(window.inputIds, row))} (row ${row} of the input)`)
  const probability = (nats: number) => formatProbability(Math.exp(nats))
  return `Without ${without.join(', ')}: ${show(subject.tokenId)} ${probability(logProb)}, now most likely ${show(top.tokenId)} ${probability(top.logProb)}\n`
}
