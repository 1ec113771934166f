import { html, type TemplateResult } from 'lit'

import { assertNever } from '../../../src/shared/assertNever'
import { elementAt } from '../../../src/shared/elementAt'
import type { PanelController } from '../../controllers/controller'
import { layerPredictionTemplate } from '../detail/layerPrediction'
import '../detail/prediction'
import '../detail/why/why'
import { isWhyPending, whyQuestion } from '../../state/inspection/whyQuestion'
import type { ShownViews } from './shownViews'

/** The open view of the detail place: the picked token. */
export function detailTemplate(controller: PanelController, shown: ShownViews): TemplateResult {
  const { detail } = controller.state.tabs
  switch (detail) {
    case 'prediction':
      return predictionTemplate(controller, shown)
    case 'why':
      return whyTemplate(controller, shown)
    default:
      return assertNever(detail)
  }
}

function predictionTemplate(
  controller: PanelController,
  { inspection, rows, labels, explained: view }: ShownViews,
): TemplateResult {
  const { picked, fullRow, topK, sampling, openParts, explained, lens, side } = controller.state
  if (picked === null) return html`<p class="empty dim">Pick a token to see its prediction.</p>`
  const row = elementAt(elementAt(view.rows, picked.section), picked.position)
  if (explained.layer !== null && row.unscored === null)
    return layerPredictionTemplate(row, {
      layer: explained.layer,
      lens,
      side,
      labels,
      actions: controller,
      inspection: view.inspection,
    })
  return html`<logitscope-prediction
    .inspection=${inspection}
    .rows=${rows}
    .picked=${picked}
    .fullRow=${fullRow}
    .labels=${labels}
    .topK=${topK}
    .sampling=${sampling}
    .openParts=${openParts}
    .contrastId=${explained.contrast?.kind === 'token' ? explained.contrast.tokenId : null}
    .actions=${controller}
  ></logitscope-prediction>`
}

function whyTemplate(controller: PanelController, shown: ShownViews): TemplateResult {
  const { state } = controller
  const { picked, explained, why } = state
  if (picked === null) return html`<p class="empty dim">Pick a token to see why it was predicted.</p>`
  const question = whyQuestion(state)
  // A row that the baseline does not have is explained on the shown side.
  const { inspection, rows } = question?.subject.side === 'baseline' ? shown.explained : shown
  return html`<logitscope-why
    .inspection=${inspection}
    .rows=${rows}
    .picked=${picked}
    .labels=${shown.labels}
    .question=${question}
    .state=${why}
    .isPending=${question !== null && isWhyPending(state, question)}
    .layer=${explained.layer}
    .actions=${controller}
  ></logitscope-why>`
}
