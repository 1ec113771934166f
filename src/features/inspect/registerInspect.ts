import * as vscode from 'vscode'
import type { FeatureOptions } from '../../editor/registration/feature'
import { showInformation } from '../../editor/ui/notifications'
import { registerCommands } from '../../editor/registration/registerCommands'
import { onSettingsChange } from '../../editor/settings'
import { chooseColumns } from './chooseColumns'
import type { SelectedModel } from './run/expectedModel'
import { type ControllerOptions, InspectionController } from './inspectionController'
import { InspectionStore } from './run/inspectionStore'
import type { InspectionPanelOptions } from './panel/inspectionPanel'
import { PANEL_VIEW_TYPE } from './panel/panelPlace'
import { ResultsExport, type ResultsExportOptions } from './resultsExport'
import { Sample } from './sample'
import { TokenMenu } from './tokenMenu'

/** Inspects text, shows the results in the panel and exports them. */
export function registerInspect({
  context,
  service,
  explanations,
  log,
  comparisons,
  models,
  locate,
  writeOnDisk,
  offersNative,
  ...selectedModel
}: FeatureOptions &
  Pick<ControllerOptions, 'comparisons' | 'models' | 'locate'> &
  Pick<ResultsExportOptions, 'writeOnDisk'> &
  Pick<InspectionPanelOptions, 'offersNative' | 'explanations'> &
  SelectedModel): InspectionController {
  const { extensionUri } = context
  const store = new InspectionStore(
    vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, 'inspections'),
    log,
  )
  const controller = new InspectionController({
    ...selectedModel,
    extensionUri,
    memento: context.globalState,
    service,
    explanations,
    comparisons,
    models,
    locate,
    workspaceMemento: context.workspaceState,
    store,
    log,
    offersNative,
    onCopyRow: (address) => results.copyRow(address),
  })
  const { panel, comparison } = controller
  const results: ResultsExport = new ResultsExport({ shown: controller, service, log, writeOnDisk })
  const sample = new Sample(extensionUri)
  const tokenMenu = new TokenMenu(controller, results)
  context.subscriptions.push(
    // Disposed first, so that it does not save what the disposal of the others ends.
    store,
    controller,
    results,
    registerCommands({
      inspectLogits: () => controller.inspect(),
      inspectAt: (offset: unknown) => controller.inspectAt(offset),
      runAgain: () => controller.runAgain(),
      continueInspection: () => controller.continueInspection(),
      cancelInspection: () => {
        controller.cancel()
      },
      explainOutput,
      focusPanel: () => controller.focusPanel(),
      showKeys: () => {
        panel.showKeys()
      },
      compare: () => comparison.choose(),
      compareWithSaved: () => comparison.compareWithSaved(),
      measurePrecisionCost: () => comparison.compareWithOtherPrecision(),
      swapComparison: () => comparison.swap(),
      endComparison: () => {
        comparison.end()
      },
      cancelComparison: () => {
        comparison.cancel()
      },
      compareAgain: () => comparison.again(),
      openResultsAsText: () => results.openAsText(),
      export: (args: unknown) => results.export(args),
      copy: (args: unknown) => results.copy(args),
      copyRow: (context: unknown) => tokenMenu.copyRow(context),
      copyToken: (context: unknown) => tokenMenu.copyToken(context),
      copyAsTransformerLens: (context: unknown) => tokenMenu.copyAsTransformerLens(context),
      inspectFromHere: (context: unknown) => tokenMenu.inspectFromHere(context),
      selectInEditor: (context: unknown) => tokenMenu.selectInEditor(context),
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

/** Answers the key of Inspect Logits in an output view, whose text is not inspected. */
function explainOutput(): void {
  void showInformation(
    'Logitscope: The text of an output view cannot be inspected. Copy it into an editor and inspect it there.',
  )
}

/** Opens a file of the workspace, or a new untitled document if the workspace has no folder. */
async function openText(): Promise<void> {
  const hasFolder = (vscode.workspace.workspaceFolders ?? []).length > 0
  await vscode.commands.executeCommand(
    hasFolder ? 'workbench.action.quickOpen' : 'workbench.action.files.newUntitledFile',
  )
}
