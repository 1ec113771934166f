import { assertNever } from '../../shared/assertNever'
import type { CheckResult, Defect } from '../../shared/contracts/check/checkResult'
import {
  ADVICE_TEXTS,
  defectNames,
  describeMismatch,
  describeRepresentation,
  equalCandidates,
  formatNats,
  subBlockName,
  verdictTitle,
} from '../../shared/text/checkText'
import { DEFECT_TEXTS } from '../../shared/text/defectTexts'
import { formatCount, formatDecimal } from '../../shared/text/format'
import { oneLine } from '../base/output'

/** Formats a result as text: the verdict first, then the reasons for it, then the fix. */
export function formatCheck(result: CheckResult): string {
  const { report, advice, mismatch } = result
  const { model, precision, backend, remarks, evidence } = report
  const lines = [
    verdictTitle(report),
    evidence,
    ...(mismatch === null ? [] : [describeMismatch(mismatch)]),
    ...report.file.remarks,
    ...advice.map((item) => ADVICE_TEXTS[item]),
    '',
    ...explanation(result),
    `reference: ${[`${model} (${precision}, ${backend})`, ...remarks].join(' · ')}`,
    `file: ${describeRepresentation(report)}`,
    figures(result),
  ]
  return `${lines.map(oneLine).join('\n')}\n`
}

function explanation({ report: { verdict, defects, candidates } }: CheckResult): string[] {
  switch (verdict) {
    case 'defect':
      return defects.flatMap((defect) => [...mistake(defect), ''])
    case 'ambiguous':
      return [
        ...equalCandidates(candidates).map(
          (candidate) =>
            `- ${defectNames(candidate.defects)} (leaves ${formatNats(candidate.residualNats)} unexplained)`,
        ),
        '',
      ]
    case 'equal':
    case 'different':
      return []
    default:
      return assertNever(verdict)
  }
}

function mistake(defect: Defect): string[] {
  const { what, why, formula, fix } = DEFECT_TEXTS[defect]
  return [
    `${what} ${why}`,
    ...formula.split('\n').map((line) => `should be: ${line}`),
    `fix: ${fix.replaceAll('`', '')}`,
  ]
}

/** `largest difference 3.2 nats (rounding: 0.001 nats) · first wrong row 1 · …` */
function figures({ report, toleranceNats }: CheckResult): string {
  const { maxAbsDeltaNats, firstPosition, firstSubBlock, summary } = report
  return [
    `largest difference ${formatNats(maxAbsDeltaNats)}, rounding ${formatNats(toleranceNats)}`,
    ...(firstPosition === null ? [] : [`first wrong row ${formatCount(firstPosition)}`]),
    ...(firstSubBlock === null ? [] : [`first wrong part: ${subBlockName(firstSubBlock)}`]),
    `mean KL ${formatNats(summary.klMeanNats)}`,
    `same top token in ${formatDecimal(100 * summary.sameTop, 1)} % of ${formatCount(summary.tokens)} rows`,
  ].join(' · ')
}
