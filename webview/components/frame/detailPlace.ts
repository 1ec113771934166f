import { html, type TemplateResult } from 'lit'

import { assertNever } from '../../../src/shared/assertNever'
import type { PanelController } from '../../controller'
import '../detail/prediction'
import type { ShownViews } from './shownViews'

/** The open view of the detail place: the picked token. */
export function detailTemplate(controller: PanelController, shown: ShownViews): TemplateResult {
  const { detail } = controller.state.tabs
  switch (detail) {
    case 'prediction':
      return predictionTemplate(controller, shown)
    case 'why':
      return html`<p class="empty dim">The attribution is not available yet.</p>`
    default:
      return assertNever(detail)
  }
}

function predictionTemplate(
  controller: PanelController,
  { inspection, rows, labels }: ShownViews,
): TemplateResult {
  const { picked, fullRow, topK, sampling, openParts } = controller.state
  if (picked === null) return html`<p class="empty dim">Pick a token to see its prediction.</p>`
  return html`<logitscope-prediction
    .inspection=${inspection}
    .rows=${rows}
    .picked=${picked}
    .fullRow=${fullRow}
    .labels=${labels}
    .topK=${topK}
    .sampling=${sampling}
    .openParts=${openParts}
    .actions=${controller}
  ></logitscope-prediction>`
}
