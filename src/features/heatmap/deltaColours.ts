import type * as vscode from 'vscode'
import { rangeOf } from '../../editor/documents/inspectionTarget'
import type { DeltaToken } from './deltaDecorations'
import { comparedIn } from '../../prediction/compare/comparedPlaces'
import type { TextRange } from '../../shared/contracts/engine/prediction'
import { deltaBits, deltaStep } from '../../shared/numbers/comparedTokens'
import type { ComparedInspection } from '../../shared/text/comparisonText'

/** The tokens in the range that the sides of the comparison predict at least one bit apart. */
export function deltaTokens(
  document: vscode.TextDocument,
  inspection: ComparedInspection,
  range: TextRange,
): readonly DeltaToken[] {
  return comparedIn(inspection, range).flatMap(({ token, compared }) => {
    const bits = deltaBits(compared)
    const step = deltaStep(bits)
    if (step === 0) return []
    return [{ range: rangeOf(document, token.range), side: bits > 0 ? 'plus' : 'minus', step }]
  })
}

/** The ranges of the tokens in the last step, at most `count`, the furthest apart first. */
export function furthestApart(
  document: vscode.TextDocument,
  { sections, comparison }: ComparedInspection,
  count: number,
): readonly vscode.Range[] {
  return comparison.sections
    .flatMap(({ tokens }, section) =>
      Array.from(tokens, (token) => ({
        section,
        position: token.position,
        size: Math.abs(deltaBits(token)),
      })),
    )
    .filter(({ size }) => deltaStep(size) === LAST_STEP)
    .sort((a, b) => b.size - a.size)
    .slice(0, count)
    .flatMap(({ section, position }) => {
      const token = sections[section]?.tokens[position]
      return token === undefined ? [] : [rangeOf(document, token.range)]
    })
}

const LAST_STEP = 3
