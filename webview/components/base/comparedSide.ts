import { html, nothing, type TemplateResult } from 'lit'

import type { ComparisonSide } from '../../../src/shared/contracts/panel/comparison'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import { isCompared, sideNames } from '../../../src/shared/text/comparisonText'
import type { Side } from '../../state/rows/comparison'
import type { Row } from '../../state/rows/rows'
import { describeUncompared } from '../../state/rows/uncompared'
import { sideTag } from './sideTag'

/**
 * While comparing: that a view is about the shown side, in one line.
 * @param what the view does, as the beginning of a sentence: `Samples from`
 */
export function shownSideTemplate(inspection: Inspection, what: string): TemplateResult | typeof nothing {
  if (!isCompared(inspection)) return nothing
  return html`<p class="compared-side">
    <span>${what} the shown side</span> ${sideTag('plus', sideNames(inspection).shown)}
  </p>`
}

export interface SideSwitch {
  readonly inspection: Inspection
  /** The beginning of the sentence that names the side: `Layers of`. */
  readonly what: string
  /** Names the radio buttons. */
  readonly id: string
  /** The side that the view is about. */
  readonly side: ComparisonSide
  /** False if the baseline does not have what the view is about. */
  readonly hasBaseline: boolean
  readonly actions: { explainSide(side: ComparisonSide): void }
}

/** While comparing: which side a view is about, with a switch to the other one. */
export function sideSwitchTemplate({
  inspection,
  what,
  id,
  side,
  hasBaseline,
  actions,
}: SideSwitch): TemplateResult | typeof nothing {
  if (!isCompared(inspection)) return nothing
  const names = sideNames(inspection)
  const radio = (value: ComparisonSide, kind: Side) =>
    html`<label
      ><input
        type="radio"
        name="side-of-${id}"
        .checked=${value === side}
        ?disabled=${value === 'baseline' && !hasBaseline}
        @change=${() => {
          actions.explainSide(value)
        }}
      /><span>${sideTag(kind, names[value])}</span></label
    >`
  return html`<div class="compared-side">
    <span>${what}</span>
    <fieldset class="segmented" aria-label="Side">
      ${radio('shown', 'plus')} ${radio('baseline', 'minus')}
    </fieldset>
  </div>`
}

/** While comparing: why a row has only the shown side. */
export function uncomparedTemplate(
  { uncompared }: Row,
  inspection: Inspection,
): TemplateResult | typeof nothing {
  if (uncompared === null || !isCompared(inspection)) return nothing
  return html`<p class="note uncompared">${describeUncompared(uncompared, sideNames(inspection))}</p>`
}
