import { availableParallelism } from 'node:os'
import * as vscode from 'vscode'
import { createApi, type LogitscopeApi } from './api'
import { onSettingsChange, readSettings } from './config'
import { createEngine } from './engine/engineHandle'
import { defaultThreads } from './engine/engineOptions'
import { spawnWorker } from './engine/spawnWorker'
import { createLog } from './log'
import { DEFAULT_MODEL_ID, resolveModel } from './model/registry'
import { PredictionService } from './prediction/predictionService'
import { registerCommands } from './views/commands'
import { Heatmap } from './views/heatmap'
import { HoverPredictions } from './views/hoverPredictions'
import { InlineCompletion } from './views/inlineCompletion'
import { InspectionController } from './views/inspectionController'
import { InspectionStore } from './views/inspectionStore'
import { PANEL_VIEW_TYPE } from './views/panel'
import { ResultsExport } from './views/resultsExport'
import { Sample } from './views/sample'
import { StatusItem } from './views/statusItem'

/** Composes and registers; engine, WASM and model wait for the first use. */
export function activate(context: vscode.ExtensionContext): LogitscopeApi {
  const log = createLog()
  const spawn = () => {
    const threads = readSettings().threads || defaultThreads(availableParallelism())
    log.info(`Starting the engine with ${threads} threads.`)
    return spawnWorker({
      model: resolveModel(
        DEFAULT_MODEL_ID,
        vscode.Uri.joinPath(context.extensionUri, 'media', 'models').fsPath,
      ),
      threads,
      assetsFolder: vscode.Uri.joinPath(context.extensionUri, 'dist').fsPath,
    })
  }
  const engine = createEngine(spawn, (state) => {
    status.showEngine(state)
  })
  const service = new PredictionService(engine.api)
  const storage = vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, 'inspections')
  const controller = new InspectionController({
    extensionUri: context.extensionUri,
    service,
    store: new InspectionStore(storage, log),
    log,
  })
  const results = new ResultsExport(controller.panel, service)
  const heatmap = new Heatmap({ service, log, memory: context.workspaceState })
  const hover = new HoverPredictions({
    service,
    log,
    isWatched: (document) => heatmap.isOn(document) || controller.hasInspected(document),
  })
  const completion = new InlineCompletion({
    service,
    log,
    memory: context.globalState,
    inspectCompletion: (shown, place) => controller.inspectCompletion(shown, place),
  })
  const status = new StatusItem({
    heatmap,
    completion,
    modelId: DEFAULT_MODEL_ID,
    modelCard: vscode.Uri.joinPath(context.extensionUri, 'media', 'models', DEFAULT_MODEL_ID, 'README.md'),
  })

  context.subscriptions.push(
    log,
    controller,
    results,
    heatmap,
    hover,
    completion,
    status,
    registerCommands({
      controller,
      results,
      heatmap,
      hover,
      completion,
      status,
      sample: new Sample(context.extensionUri),
      log,
    }),
    vscode.window.registerWebviewPanelSerializer(PANEL_VIEW_TYPE, {
      deserializeWebviewPanel: (panel) => {
        controller.panel.restore(panel)
        return Promise.resolve()
      },
    }),
    onSettingsChange((changed) => {
      if (changed('columns') || changed('topK')) controller.panel.sendSettings()
      if (changed('heatmapMetric') || changed('startToken')) heatmap.settingsChanged()
      if (changed('threads')) void engine.restart()
    }),
    { dispose: () => engine.dispose() },
  )
  return createApi(service)
}
