import { assertNever } from '../../src/shared/assertNever'
import { formatCount, formatCounted, formatDecimal, formatPerplexity } from '../../src/shared/text/format'
import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import { scoredCount, summarizeInspection, tokenCount } from '../../src/shared/numbers/summary'
import { comparisonAnnouncement } from './comparisonAnnouncements'
import { mostSurprising } from '../state/rows/mostSurprising'
import type { PanelState } from '../state/inspection/panelState'
import type { TokenLabels } from '../tokens/tokenLabels'

/** Minimum time between announcements of progress. */
const PROGRESS_INTERVAL_MS = 10_000

/** Decides what the polite live region announces, and when. Failures are separate alerts. */
export class Announcements {
  private lastAnnouncedAt = 0

  /** The announcement for a change of state at time `now` (milliseconds); null if there is nothing to announce. */
  between(before: PanelState, after: PanelState, now: number): string | null {
    const text = this.textFor(before, after, now)
    if (text !== null) this.lastAnnouncedAt = now
    return text
  }

  private textFor(before: PanelState, after: PanelState, now: number): string | null {
    const { inspection, labels, notice } = after
    if (notice?.kind === 'preparing') return before.notice?.kind === 'preparing' ? null : notice.note
    if (inspection === null) return null
    const running = inspection.state.kind === 'running'
    if (before.inspection?.id !== inspection.id) return running ? started(inspection) : null
    if (before.inspection.state.kind !== inspection.state.kind) return ended(inspection, labels)
    if (after.documentState !== before.documentState) return documentAnnouncement(after)
    const compared = comparisonAnnouncement(before.inspection, inspection, labels)
    if (compared !== null) return compared
    const progressed = running && before.inspection !== inspection
    return progressed && now - this.lastAnnouncedAt >= PROGRESS_INTERVAL_MS ? progress(inspection) : null
  }
}

function documentAnnouncement({ documentState }: PanelState): string | null {
  switch (documentState) {
    case 'changed':
      return 'Out of date: the document has changed.'
    case 'deleted':
      return 'The document was deleted.'
    case 'unchanged':
      return null
    default:
      return assertNever(documentState)
  }
}

function started({ documentName, sections }: Inspection): string {
  return `Inspecting ${formatCounted(tokenCount(sections), 'token')} of ${documentName}.`
}

function progress({ sections }: Inspection): string {
  return `${formatCount(scoredCount(sections))} of ${formatCounted(tokenCount(sections), 'token')}.`
}

function ended(inspection: Inspection, labels: TokenLabels | null): string | null {
  switch (inspection.state.kind) {
    case 'done':
      return done(inspection, labels)
    case 'cancelled':
      return `Cancelled after ${progress(inspection)}`
    case 'interrupted':
      return `Interrupted after ${progress(inspection)}`
    case 'running':
    case 'failed':
      return null
    default:
      return assertNever(inspection.state)
  }
}

function done(inspection: Inspection, labels: TokenLabels | null): string {
  const { tokens, perplexity, bitsPerToken } = summarizeInspection(inspection.sections)
  const summary = [`Done: ${formatCounted(tokens, 'token')}`]
  if (perplexity !== null && bitsPerToken !== null)
    summary.push(
      `perplexity ${formatPerplexity(perplexity)}`,
      `${formatDecimal(bitsPerToken)} bits per token`,
    )
  const worst = mostSurprising(inspection)?.prediction
  if (worst === undefined || worst.score === null || labels === null) return `${summary.join(', ')}.`
  const { tokenId, position, score } = worst
  const description = `${labels.speak(tokenId)}, token ${position}, ${formatDecimal(score.surprisal, 1)} bits`
  return `${summary.join(', ')}. Most surprising: ${description}.`
}
