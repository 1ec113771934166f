import { html, type TemplateResult } from 'lit'

import { assertNever } from '../../../src/shared/assertNever'
import type { PanelController } from '../../controllers/controller'
import '../lens/lens'
import '../table/table'
import type { ShownViews } from './shownViews'

/** The open view of the main place: the whole text. */
export function mainTemplate(controller: PanelController, shown: ShownViews): TemplateResult {
  const { main } = controller.state.tabs
  switch (main) {
    case 'tokens':
      return tableTemplate(controller, shown)
    case 'lens':
      return lensTemplate(controller, shown)
    default:
      return assertNever(main)
  }
}

function tableTemplate(
  controller: PanelController,
  { inspection, rows, labels, colouring }: ShownViews,
): TemplateResult {
  const { picked, columns, sort, scroll } = controller.state
  return html`<logitscope-table
    .inspection=${inspection}
    .rows=${rows}
    .labels=${labels}
    .colouring=${colouring}
    .columns=${columns}
    .sort=${sort}
    .picked=${picked}
    .initialScroll=${scroll}
    .actions=${controller}
  ></logitscope-table>`
}

function lensTemplate(
  controller: PanelController,
  { explained: view, labels, colouring }: ShownViews,
): TemplateResult {
  const { picked, lens, explained, side } = controller.state
  return html`<logitscope-lens
    .inspection=${view.inspection}
    .rows=${view.rows}
    .labels=${labels}
    .colouring=${colouring}
    .lens=${lens}
    .side=${side}
    .picked=${picked}
    .layer=${explained.layer}
    .actions=${controller}
  ></logitscope-lens>`
}
