import * as vscode from 'vscode'
import type { FeatureOptions } from '../../editor/registration/feature'
import { showInformation } from '../../editor/ui/notifications'
import { registerCommands } from '../../editor/registration/registerCommands'
import { onSettingsChange } from '../../editor/settings'
import { chooseColumns } from './commands/chooseColumns'
import { ResultsExport, type ResultsExportOptions } from './commands/export/resultsExport'
import { Sample } from './commands/sample'
import { TokenMenu } from './commands/tokenMenu'
import { InspectFeature, type InspectFeatureOptions } from './inspectFeature'
import { PANEL_VIEW_TYPE } from './panel/panelPlace'

/** Inspects text, shows the results in the panel and exports them. */
export function registerInspect({
  context,
  writeOnDisk,
  ...options
}: FeatureOptions &
  Omit<InspectFeatureOptions, 'extensionUri' | 'memento' | 'workspaceMemento' | 'storage'> &
  Pick<ResultsExportOptions, 'writeOnDisk'>): InspectFeature {
  const { extensionUri } = context
  const feature = new InspectFeature({
    ...options,
    extensionUri,
    memento: context.globalState,
    workspaceMemento: context.workspaceState,
    storage: vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, 'inspections'),
  })
  const { session, panel, inspect, compare } = feature
  const results = new ResultsExport({ ...options, shown: session, writeOnDisk })
  const sample = new Sample(extensionUri)
  const tokenMenu = new TokenMenu({ ...feature, results })
  context.subscriptions.push(
    feature,
    results,
    registerCommands({
      inspectLogits: () => inspect.inspect(),
      inspectAt: (offset: unknown) => inspect.inspectAt(offset),
      runAgain: () => inspect.runAgain(),
      continueInspection: () => inspect.continueInspection(),
      cancelInspection: () => {
        inspect.cancel()
      },
      explainOutput,
      focusPanel: () => inspect.focusPanel(),
      showKeys: () => {
        panel.showKeys()
      },
      compare: () => compare.choose(),
      compareWithSaved: () => compare.compareWithSaved(),
      measurePrecisionCost: () => compare.compareWithOtherPrecision(),
      swapComparison: () => compare.swap(),
      endComparison: () => {
        compare.end()
      },
      cancelComparison: () => {
        compare.cancel()
      },
      compareAgain: () => compare.again(),
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
  return feature
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
