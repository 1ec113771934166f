import { html, nothing, type TemplateResult } from 'lit'

import { assertNever } from '../../../src/shared/assertNever'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import { type ComparedInspection, isCompared, sideNames } from '../../../src/shared/text/comparisonText'
import { formatCount, formatCounted } from '../../../src/shared/text/format'
import type { PanelActions } from '../../controllers/controller'
import { comparisonProgress } from '../../state/rows/comparison'
import { command, mainCommand, remedyButtons } from './commands'

/** Names the missing part of a comparison and offers the actions for it. While a comparison runs, the header shows that. */
export function comparisonLine(
  inspection: Inspection,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  if (!isCompared(inspection)) return nothing
  const { state } = inspection.comparison
  const again = mainCommand('compareAgain', 'Compare Again', actions)
  const end = command('endComparison', 'End Comparison', actions)
  switch (state.kind) {
    case 'loading':
    case 'running':
      return nothing
    case 'done':
      return notAlignedLine(inspection)
    case 'cancelled':
      return incompleteLine(
        `The comparison was cancelled at ${progressOf(inspection)}.`,
        html`${again} ${end}`,
      )
    case 'interrupted':
      return incompleteLine(
        `The window was reloaded during the comparison, at ${progressOf(inspection)}.`,
        html`${again} ${end}`,
      )
    case 'failed':
      return html`<div class="notice error">
        <p role="alert">${state.message}</p>
        <div class="buttons">
          ${remedyButtons(state.remedies, actions)}
          ${state.remedies.length === 0 ? again : command('compareAgain', 'Compare Again', actions)} ${end}
          ${command('showLog', 'Show Log', actions)}
        </div>
      </div>`
    default:
      return assertNever(state)
  }
}

function incompleteLine(text: string, buttons: TemplateResult): TemplateResult {
  return html`<div class="notice">
    <p role="status">${text}</p>
    <div class="buttons">${buttons}</div>
  </div>`
}

function notAlignedLine(inspection: ComparedInspection): TemplateResult | typeof nothing {
  if (inspection.comparison.sections.every(({ isComplete }) => isComplete)) return nothing
  const { shown, baseline } = sideNames(inspection)
  return html`<div class="notice">
    <p role="status">
      ${shown} and ${baseline} differ too much to be aligned token by token: only their common beginning and
      end are compared.
    </p>
  </div>`
}

/** `40 of 85 tokens` */
function progressOf(inspection: Inspection): string {
  const { compared, total } = comparisonProgress(inspection)
  return `${formatCount(compared)} of ${formatCounted(total, 'token')}`
}
