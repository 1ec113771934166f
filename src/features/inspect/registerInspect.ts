import * as vscode from 'vscode'
import type { FeatureOptions } from '../../editor/feature'
import { registerCommands } from '../../editor/registerCommands'
import { onSettingsChange } from '../../editor/settings'
import { chooseColumns } from './chooseColumns'
import { InspectionController } from './inspectionController'
import { InspectionStore } from './inspectionStore'
import { PANEL_VIEW_TYPE } from './panel'
import { type MeasurementOptions, PrecisionCostMeasurement } from './precisionCostMeasurement'
import { ResultsExport } from './resultsExport'
import { Sample } from './sample'

/** Inspects text, shows the results in the panel and exports them. */
export function registerInspect({
  context,
  service,
  log,
  startEngine,
}: FeatureOptions & Pick<MeasurementOptions, 'startEngine'>): InspectionController {
  const { extensionUri } = context
  const store = new InspectionStore(
    vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, 'inspections'),
    log,
  )
  const controller = new InspectionController({
    extensionUri,
    service,
    store,
    log,
    onCopyRow: (address) => results.copyRow(address),
  })
  const { panel } = controller
  const results: ResultsExport = new ResultsExport(controller, service)
  const precisionCost = new PrecisionCostMeasurement({ panel, store, log, startEngine })
  const sample = new Sample(extensionUri)
  context.subscriptions.push(
    controller,
    results,
    precisionCost,
    registerCommands({
      inspectLogits: () => controller.inspect(),
      inspectAt: (offset: unknown) => controller.inspectAt(offset),
      runAgain: () => controller.runAgain(),
      cancelInspection: () => {
        controller.cancel()
      },
      focusPanel: () => {
        panel.focus()
      },
      measurePrecisionCost: () => precisionCost.measure(),
      cancelPrecisionCost: () => {
        precisionCost.cancel()
      },
      openResultsAsText: () => results.openAsText(),
      exportResults: () => results.ask(),
      exportJson: () => results.exportJson(),
      exportCsv: () => results.exportCsv(),
      copyTable: () => results.copyTable(),
      copyTokenIds: () => results.copyTokenIds(),
      chooseColumns,
      openText,
      openSample: () => sample.inspect(),
      completeSample: () => sample.complete(),
    }),
    vscode.window.registerWebviewPanelSerializer(PANEL_VIEW_TYPE, {
      deserializeWebviewPanel: (webviewPanel) => {
        panel.restore(webviewPanel)
        return Promise.resolve()
      },
    }),
    onSettingsChange((changed) => {
      if (changed('columns') || changed('topK')) panel.sendSettings()
    }),
  )
  return controller
}

/** Opens a file of the workspace, or a new untitled document if the workspace has no folder. */
async function openText(): Promise<void> {
  const hasFolder = (vscode.workspace.workspaceFolders ?? []).length > 0
  await vscode.commands.executeCommand(
    hasFolder ? 'workbench.action.quickOpen' : 'workbench.action.files.newUntitledFile',
  )
}
