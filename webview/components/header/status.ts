import { html, nothing, type TemplateResult } from 'lit'

import { assertNever } from '../../../src/shared/assertNever'
import { formatCount, formatCounted, formatDuration } from '../../../src/shared/text/format'
import type { Inspection } from '../../../src/shared/contracts/prediction'
import { scoredCount, tokenCount } from '../../../src/shared/numbers/summary'
import { newestInspection, type PanelState } from '../../state/panelState'

/** What became of the newest run, and whether its document has changed since. */
export function statusTemplate(state: PanelState): TemplateResult | typeof nothing {
  const inspection = newestInspection(state)
  if (inspection === null) return nothing
  if (state.notice?.kind === 'preparing')
    return html`<span class="status dim" title=${state.notice.note}>${state.notice.note}</span>`
  const { warns, text } = describeStatus(inspection, state)
  return html`<span class="status ${warns ? 'warns' : 'dim'}" title=${text}>${text}</span>`
}

/** A line at the lower edge of the header. It takes no room, so nothing moves when it comes or goes. */
export function progressTemplate(state: PanelState): TemplateResult | typeof nothing {
  const inspection = newestInspection(state)
  if (state.notice?.kind === 'preparing') return html`<progress aria-label="Preparing"></progress>`
  if (inspection?.state.kind !== 'running') return nothing
  const { scored, total, tokens } = progressOf(inspection)
  return html`<progress
    max=${total}
    .value=${scored}
    aria-label="Tokens scored"
    aria-valuetext="${formatCount(scored)} of ${tokens}"
  ></progress>`
}

function describeStatus(
  inspection: Inspection,
  { documentState }: PanelState,
): { readonly warns: boolean; readonly text: string } {
  const { scored, tokens } = progressOf(inspection)
  const count = `${formatCount(scored)} of ${tokens}`
  switch (inspection.state.kind) {
    case 'running':
      return { warns: false, text: count }
    case 'cancelled':
      return { warns: true, text: `cancelled at ${count}` }
    case 'interrupted':
      return { warns: true, text: `interrupted at ${count}` }
    case 'failed':
      return { warns: true, text: `failed at ${count}` }
    case 'done':
      if (documentState === 'deleted') return { warns: true, text: 'the document was deleted' }
      if (documentState === 'changed') return { warns: true, text: 'the document has changed' }
      return { warns: false, text: formatDuration(inspection.state.seconds) }
    default:
      return assertNever(inspection.state)
  }
}

function progressOf({ sections }: Inspection): { scored: number; total: number; tokens: string } {
  const total = tokenCount(sections)
  return { scored: scoredCount(sections), total, tokens: formatCounted(total, 'token') }
}
