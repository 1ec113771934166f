import { assertNever } from '../../src/shared/assertNever'
import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import {
  type ComparedInspection,
  isCompared,
  likelierTexts,
  sideNames,
} from '../../src/shared/text/comparisonText'
import {
  formatCount,
  formatCounted,
  formatDecimal,
  formatDivergence,
  formatWholePercent,
} from '../../src/shared/text/format'
import { describeDelta } from '../state/rows/colouring'
import { comparisonFigures, comparisonProgress } from '../state/rows/comparison'
import type { TokenLabels } from '../tokens/tokenLabels'

/** The announcement when a comparison starts or ends; null otherwise. Failures are separate alerts. */
export function comparisonAnnouncement(
  before: Inspection,
  after: Inspection,
  labels: TokenLabels | null,
): string | null {
  if (!isCompared(after)) return isCompared(before) ? 'The comparison has ended.' : null
  const { state } = after.comparison
  if (
    before.comparison?.state.kind === state.kind &&
    before.comparison.baseline === after.comparison.baseline
  )
    return null
  switch (state.kind) {
    case 'loading': {
      const { shown, baseline } = sideNames(after)
      return `Comparing ${shown} vs ${baseline}.`
    }
    case 'running':
    case 'failed':
      return null
    case 'cancelled':
    case 'interrupted': {
      const { compared, total } = comparisonProgress(after)
      return `Comparison ${state.kind} after ${formatCount(compared)} of ${formatCounted(total, 'token')}.`
    }
    case 'done':
      return done(after, labels)
    default:
      return assertNever(state)
  }
}

function done(inspection: ComparedInspection, labels: TokenLabels | null): string {
  const figures = comparisonFigures(inspection)
  if (figures === null) return 'Compared: the two have no token in common.'
  const { summary, furthest } = figures
  const { shown, baseline } = sideNames(inspection)
  const bits = (value: number | null) => (value === null ? 'no' : formatDecimal(value))
  const sameTop = formatWholePercent(summary.sameTop).replace(' %', ' percent')
  const sentences = [
    `Compared: ${formatCounted(summary.tokens, 'token')}, ${bits(summary.bitsPerToken)} bits per token for ${shown} and ${bits(summary.baselineBitsPerToken)} for ${baseline}, KL ${formatDivergence(summary.klMeanNats)} nats, same top token in ${sameTop}`,
  ]
  if (labels !== null)
    sentences.push(
      `Furthest apart: ${labels.speak(furthest.tokenId)}, token ${furthest.position}, ${describeDelta(furthest.bits, likelierTexts(inspection))}`,
    )
  return `${sentences.join('. ')}.`
}
