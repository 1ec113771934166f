import * as vscode from 'vscode'
import { createApi, type LogitscopeApi } from './api'
import { onSettingsChange, readPrecision, readSettings } from '../editor/settings'
import { routeBackends } from '../engine/client/backendRouter'
import { createEngine } from '../engine/client/engineHandle'
import type { Log } from '../editor/log'
import { DEFAULT_ENDPOINT } from '../model/hub/endpoint'
import { PINNED_MODELS } from '../model/registry'
import type { Platform } from './platform'
import { PredictionService } from '../prediction/predictionService'
import { DEFAULT_MODEL_ID } from '../shared/contracts/prediction'
import { registerCommands } from './commands'
import { Heatmap } from '../features/heatmap/heatmap'
import { HoverPredictions } from '../features/hover/hoverPredictions'
import { InlineCompletion } from '../features/completion/inlineCompletion'
import { InspectionController } from '../features/inspect/inspectionController'
import { InspectionStore } from '../features/inspect/inspectionStore'
import { HubToken } from '../features/models/hubToken'
import { ModelChoice } from '../features/models/modelChoice'
import { ModelDownload } from '../features/models/modelDownload'
import { ModelManager } from '../features/models/modelManager'
import { PANEL_VIEW_TYPE } from '../features/inspect/panel'
import { PrecisionCostMeasurement } from '../features/inspect/precisionCostMeasurement'
import { ResultsExport } from '../features/inspect/resultsExport'
import { Sample } from '../features/inspect/sample'
import { StatusItem } from '../features/status/statusItem'
import { tellWebGpuFailure } from '../features/status/webGpuFailure'

/** Composes and registers; engine, WASM and model wait for the first use. */
export function compose(
  context: vscode.ExtensionContext,
  log: Log,
  { spawn, webGpu, modelId, store, requestHub, memoryBytes, disk }: Platform,
): LogitscopeApi {
  const selectedPrecision = () => readPrecision(readSettings().model)
  let precision = selectedPrecision()
  const engine = routeBackends({
    spawnWasm: () => {
      precision = selectedPrecision()
      return spawn(precision)
    },
    startWebGpu: webGpu.start,
    onState: (state) => {
      status.showEngine(state)
    },
    onFailure: (reason) => void tellWebGpuFailure(reason, log),
  })
  const service = new PredictionService(engine.api)
  const storage = vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, 'inspections')
  const inspections = new InspectionStore(storage, log)
  const controller = new InspectionController({
    extensionUri: context.extensionUri,
    service,
    store: inspections,
    log,
  })
  const results = new ResultsExport(controller.panel, service)
  const precisionCost = new PrecisionCostMeasurement({
    panel: controller.panel,
    store: inspections,
    log,
    startEngine: (other) => createEngine(() => spawn(other)),
  })
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
    modelId,
    modelCard: () => modelCard(readSettings().model, context.extensionUri),
  })
  const token = new HubToken(context.secrets)
  const download = new ModelDownload({ store, requestHub, hasFolders: disk !== undefined, token, log })
  const choice = new ModelChoice({
    store,
    disk,
    memoryBytes,
    download,
    log,
    reload: () => {
      modelChanged()
    },
  })
  const manager = new ModelManager({ store, disk, choice, log })
  /** Nothing that the model before has said stands beside what the next one says. */
  const modelChanged = () => {
    void engine.restart()
    service.modelChanged()
    heatmap.modelChanged()
    hover.modelChanged()
    completion.modelChanged()
    void controller.modelChanged()
  }

  context.subscriptions.push(
    log,
    controller,
    results,
    precisionCost,
    heatmap,
    hover,
    completion,
    status,
    registerCommands({
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
      sample: new Sample(context.extensionUri),
      retryWebGpu: () => engine.retryWebGpu(),
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
      if (changed('model') || (changed('precision') && selectedPrecision() !== precision)) modelChanged()
      else if (changed('threads')) void engine.restart()
      else if (changed('backend')) engine.backendChanged()
    }),
    webGpu.onArrival(() => {
      engine.webGpuMayBeAvailable()
    }),
    { dispose: () => engine.dispose() },
  )
  return createApi(service)
}

/** What there is to read of a model: the embedded one's file, the hub's page, nothing of a folder. */
function modelCard(model: string, extensionUri: vscode.Uri): vscode.Uri | undefined {
  if (model === DEFAULT_MODEL_ID)
    return vscode.Uri.joinPath(extensionUri, 'media', 'models', model, 'README.md')
  const pinned = PINNED_MODELS.find(({ id }) => id === model)
  return pinned && vscode.Uri.parse(`${DEFAULT_ENDPOINT}/${pinned.repository}`)
}
