import { html, nothing, type TemplateResult } from 'lit'

import { assertNever } from '../../../src/shared/assertNever'
import { formatCount, formatCounted, formatDuration } from '../../../src/shared/text/format'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import { scoredCount, tokenCount } from '../../../src/shared/numbers/summary'
import { comparisonProgress } from '../../state/rows/comparison'
import { isComparing, newestInspection, type PanelState } from '../../state/inspection/panelState'

/** The outcome of the newest run, and whether its document has changed since. */
export function statusTemplate(state: PanelState): TemplateResult | typeof nothing {
  const inspection = newestInspection(state)
  if (inspection === null) return nothing
  if (state.notice?.kind === 'preparing')
    return html`<span class="status dim" title=${state.notice.note}>${state.notice.note}</span>`
  const { warns, text, short = text } = describeComparisonStatus(state) ?? describeStatus(inspection, state)
  if (text === '') return nothing
  return html`<span class="status ${warns ? 'warns' : 'dim'} ${short === '' ? 'from-620' : ''}" title=${text}
    ><span class="from-620">${text}</span><span class="to-619">${short}</span></span
  >`
}

/** A line at the lower edge of the header. It takes no room, so nothing moves when it comes or goes. */
export function progressTemplate(state: PanelState): TemplateResult | typeof nothing {
  const inspection = newestInspection(state)
  if (state.notice?.kind === 'preparing') return html`<progress aria-label="Preparing"></progress>`
  if (inspection?.state.kind !== 'running') return comparisonProgressTemplate(state)
  const { scored, total, tokens } = progressOf(inspection)
  return html`<progress
    max=${total}
    .value=${scored}
    aria-label="Tokens scored"
    aria-valuetext="${formatCount(scored)} of ${tokens}"
  ></progress>`
}

function comparisonProgressTemplate(state: PanelState): TemplateResult | typeof nothing {
  const { inspection } = state
  if (inspection === null || !isComparing(state)) return nothing
  if (inspection.comparison?.state.kind === 'loading')
    return html`<progress aria-label="Loading the baseline"></progress>`
  const { compared, total } = comparisonProgress(inspection)
  return html`<progress
    max=${total}
    .value=${compared}
    aria-label="Tokens compared"
    aria-valuetext="${formatCount(compared)} of ${formatCounted(total, 'token')}"
  ></progress>`
}

interface Status {
  readonly warns: boolean
  readonly text: string
  /** The text in a narrow panel, if the whole one has no room there; empty if none is needed. */
  readonly short?: string
}

function describeStatus(inspection: Inspection, { documentState }: PanelState): Status {
  const { scored, tokens } = progressOf(inspection)
  const done = formatCount(scored)
  const count = `${done} of ${tokens}`
  switch (inspection.state.kind) {
    case 'running':
      return { warns: false, text: count, short: `${done} scored` }
    case 'cancelled':
      return { warns: true, text: `cancelled at ${count}`, short: `cancelled at ${done}` }
    case 'interrupted':
      return { warns: true, text: `interrupted at ${count}`, short: `interrupted at ${done}` }
    case 'failed':
      return { warns: true, text: `failed at ${count}`, short: `failed at ${done}` }
    case 'done':
      if (documentState === 'deleted')
        return { warns: true, text: 'the document was deleted', short: 'file deleted' }
      if (documentState === 'changed')
        return { warns: true, text: 'the document has changed', short: 'text changed' }
      return { warns: false, text: formatDuration(inspection.state.seconds) }
    default:
      return assertNever(inspection.state)
  }
}

/** Null if the inspection's own status is more important, or the comparison is complete. */
function describeComparisonStatus(state: PanelState): Status | null {
  const inspection = newestInspection(state)
  if (inspection?.comparison === undefined || inspection.state.kind !== 'done') return null
  if (state.documentState !== 'unchanged') return null
  const { compared, total } = comparisonProgress(inspection)
  const [done, all] = [formatCount(compared), formatCount(total)]
  const { kind } = inspection.comparison.state
  switch (kind) {
    case 'loading':
      return { warns: false, text: 'loading the baseline', short: 'loading' }
    case 'running':
      return { warns: false, text: `compared ${done} of ${all}`, short: `${done} of ${all}` }
    case 'cancelled':
    case 'interrupted':
    case 'failed':
      return { warns: true, text: `${kind} at ${done} of ${all}`, short: `${kind} at ${done}` }
    case 'done':
      return total < tokenCount(inspection.sections)
        ? {
            warns: false,
            text: `${all} of ${formatCount(tokenCount(inspection.sections))} in both`,
            short: '',
          }
        : { warns: false, text: '' }
    default:
      return assertNever(kind)
  }
}

function progressOf({ sections }: Inspection): { scored: number; total: number; tokens: string } {
  const total = tokenCount(sections)
  return { scored: scoredCount(sections), total, tokens: formatCounted(total, 'token') }
}
