import { html, nothing, type TemplateResult } from 'lit'

import type { Inspection } from '../../../src/shared/contracts/inspection'
import type { PanelCommand } from '../../../src/shared/contracts/protocol'
import { isCompared, sideNames } from '../../../src/shared/text/comparisonText'
import { textButton } from './failedComputation'
import { sideTag } from './sideTag'

/**
 * While comparing: which side a view is about, in one line.
 * @param what the view does, as the beginning of a sentence: `Samples from`
 * @param actions offers to swap the sides, if that is possible
 */
export function comparedSideTemplate(
  inspection: Inspection,
  what: string,
  actions?: { run(command: PanelCommand): void },
): TemplateResult | typeof nothing {
  if (!isCompared(inspection)) return nothing
  const swap = () => {
    actions?.run('swapComparison')
  }
  const offersSwap = actions !== undefined && inspection.comparison.canSwap
  return html`<p class="compared-side">
    <span>${what} the shown side</span> ${sideTag('plus', sideNames(inspection).shown)}
    ${offersSwap ? textButton('Swap', swap) : nothing}
  </p>`
}
