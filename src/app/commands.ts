import * as vscode from 'vscode'
import { readSettings, writePrecision, writeSetting } from '../editor/settings'
import type { Log } from '../editor/log'
import type { Precision } from '../shared/contracts/prediction'
import { COLUMNS, type Column } from '../shared/contracts/protocol'
import type { Heatmap } from '../features/heatmap/heatmap'
import type { HubToken } from '../features/models/hubToken'
import type { HoverPredictions } from '../features/hover/hoverPredictions'
import type { InlineCompletion } from '../features/completion/inlineCompletion'
import type { InspectionController } from '../features/inspect/inspectionController'
import type { ModelChoice } from '../features/models/modelChoice'
import type { ModelManager } from '../features/models/modelManager'
import type { PrecisionCostMeasurement } from '../features/inspect/precisionCostMeasurement'
import type { ResultsExport } from '../features/inspect/resultsExport'
import type { Sample } from '../features/inspect/sample'
import type { StatusItem } from '../features/status/statusItem'
import { retryWebGpuOrSay } from '../features/status/webGpuFailure'

interface CommandOptions {
  readonly controller: InspectionController
  readonly results: ResultsExport
  readonly precisionCost: PrecisionCostMeasurement
  readonly heatmap: Heatmap
  readonly hover: HoverPredictions
  readonly completion: InlineCompletion
  readonly status: StatusItem
  readonly choice: ModelChoice
  readonly manager: ModelManager
  readonly token: HubToken
  readonly sample: Sample
  readonly retryWebGpu: () => Promise<boolean>
  readonly log: Log
}

/** Registers every command that package.json contributes. */
export function registerCommands({
  controller,
  results,
  precisionCost,
  heatmap,
  hover,
  completion,
  status,
  choice,
  manager,
  token,
  sample,
  retryWebGpu,
  log,
}: CommandOptions): vscode.Disposable {
  const commands: Record<string, (...args: never[]) => unknown> = {
    inspectLogits: () => controller.inspect(),
    runAgain: () => controller.runAgain(),
    cancelInspection: () => {
      controller.cancel()
    },
    measurePrecisionCost: () => precisionCost.measure(),
    cancelPrecisionCost: () => {
      precisionCost.cancel()
    },
    useInt8: () => usePrecision('int8'),
    useFp32: () => usePrecision('fp32'),
    focusPanel: () => {
      controller.panel.focus()
    },
    openResultsAsText: () => results.openAsText(),
    exportResults: () => results.ask(),
    exportJson: () => results.exportJson(),
    exportCsv: () => results.exportCsv(),
    copyTable: () => results.copyTable(),
    copyTokenIds: () => results.copyTokenIds(),
    copyRow: (section: number, position: number) => results.copyRow(section, position),
    chooseColumns,
    openText,
    showHeatmap: () => {
      heatmap.show()
    },
    hideHeatmap: () => {
      heatmap.hide()
    },
    nextSurprising: () => heatmap.goToNeighbour('next'),
    previousSurprising: () => heatmap.goToNeighbour('previous'),
    goToSurprising: () => heatmap.goToSurprising(),
    toggleHover: () => hover.toggle(),
    inspectAt: (offset: unknown) => controller.inspectAt(offset),
    complete: () => vscode.commands.executeCommand('editor.action.inlineSuggest.trigger'),
    toggleAutomaticCompletion: () => completion.toggleAutomatic(),
    toggleAutomaticCompletionForLanguage: () => completion.toggleAutomaticForLanguage(),
    showLastCompletion: () => completion.showLast(),
    showMenu: () => status.showMenu(),
    selectModel: () => choice.select(),
    useGpt2: () => choice.useGpt2(),
    manageModels: () => manager.show(),
    setHubToken: () => token.ask(),
    retryWebGpu: () => retryWebGpuOrSay(retryWebGpu, log),
    openSample: () => sample.inspect(),
    completeSample: () => sample.complete(),
    showLog: () => {
      log.show()
    },
  }
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) =>
      vscode.commands.registerCommand(`logitscope.${name}`, run),
    ),
  )
}

const COLUMN_LABELS: Record<Column, string> = {
  tokenId: 'Token id',
  logit: 'Logit',
  logProb: 'Log-probability (nats)',
  probability: 'Probability',
  rank: 'Rank',
  surprisal: 'Surprisal (bits)',
  entropy: 'Entropy (bits)',
  alternatives: 'Top predictions',
}

async function chooseColumns(): Promise<void> {
  const shown = readSettings().columns
  const items = COLUMNS.map((column) => ({
    label: COLUMN_LABELS[column],
    column,
    picked: shown.includes(column),
  }))
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'Columns of the Logitscope table',
    canPickMany: true,
  })
  if (chosen !== undefined)
    await writeSetting(
      'columns',
      chosen.map(({ column }) => column),
    )
}

/** Of the model that is selected. */
async function usePrecision(precision: Precision): Promise<void> {
  await writePrecision(readSettings().model, precision)
}

/** From the workspace where there is one, else a new text to type into. */
async function openText(): Promise<void> {
  const hasFiles = (vscode.workspace.workspaceFolders ?? []).length > 0
  await vscode.commands.executeCommand(
    hasFiles ? 'workbench.action.quickOpen' : 'workbench.action.files.newUntitledFile',
  )
}
