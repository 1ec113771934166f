import type * as vscode from 'vscode'
import type { Feature, FeatureOptions } from '../editor/registration/feature'
import type { Log } from '../editor/log'
import { onSettingsChange, readPrecision, readSettings } from '../editor/settings'
import { BackendRouter } from '../engine/client/router/backendRouter'
import { connectSimulation } from '../engine/client/simulationThread'
import { registerCheck } from '../features/check/registerCheck'
import { registerCompletion } from '../features/completion/registerCompletion'
import { registerHeatmap } from '../features/heatmap/registerHeatmap'
import { registerHover } from '../features/hover/registerHover'
import { registerInspect } from '../features/inspect/registerInspect'
import { registerModels } from '../features/models/registerModels'
import { registerStatus } from '../features/status/registerStatus'
import { reportBackendFailure } from '../features/status/backendFailure'
import { Comparisons } from '../prediction/compare/comparisons'
import { Explanations } from '../prediction/explain/explanations'
import { PredictionService } from '../prediction/windows/predictionService'
import { acceleratorsOf } from '../shared/contracts/engine/backends'
import { createApi, type LogitscopeApi } from './api'
import type { Platform } from './platform'

export interface Composition {
  readonly api: LogitscopeApi
  /** Saves what a closing window would lose. */
  readonly close: () => Promise<void>
}

/** Builds the shared services and registers the features. The engine starts and loads its model on first use. */
export function compose(context: vscode.ExtensionContext, log: Log, platform: Platform): Composition {
  const { spawn, accelerators, onMayBeAvailable, canInstallNative, threads, locate, disk } = platform
  context.subscriptions.push(log)

  // Services that several features share.
  const modelId = () => locate(readSettings().model).id
  const selectedPrecision = () => readPrecision(readSettings().model)
  let precision = selectedPrecision()
  /** Whether the native library has passed its self-test and is used. */
  let isNative = false
  // Not if the user has selected a backend that Logitscope Native does not change.
  const offersNative = () => acceleratorsOf(readSettings().backend).includes('native') && canInstallNative()
  const engine = new BackendRouter({
    spawnWasm: () => {
      precision = selectedPrecision()
      return spawn(precision)
    },
    accelerators,
    selected: () => acceleratorsOf(readSettings().backend),
    onState: (state, unused) => {
      isNative = state.kind === 'ready' && state.model.backend === 'native'
      status.showEngine(state, unused)
    },
    onFailure: (failure) => void reportBackendFailure(failure, { log, offersNative }),
  })
  const service = new PredictionService(engine.api)
  const explanations = new Explanations(engine.api, service)
  const comparisons = new Comparisons(engine.api, service)
  const shared: FeatureOptions = { context, service, log }

  // Each feature registers its own commands, menus and settings listeners. A new feature is one entry of `features`.
  const inspection = registerInspect({
    ...shared,
    explanations,
    modelId,
    threads,
    writeOnDisk: platform.writeOnDisk,
    offersNative,
    comparisons,
    locate,
    models: { store: platform.store, chooseFolder: disk && (() => disk.chooseFolder()) },
  })
  const heatmap = registerHeatmap({ ...shared, inspection })
  const features: readonly Feature[] = [
    inspection,
    heatmap,
    registerHover({
      ...shared,
      inspection,
      isWatched: (document) => heatmap.isOn(document) || inspection.hasInspected(document),
    }),
    registerCompletion({ ...shared, inspection }),
  ]
  const modelChanged = () => {
    void engine.restart()
    for (const feature of features) feature.modelChanged()
  }
  const models = registerModels({ ...shared, ...platform, reload: modelChanged })
  const check = registerCheck({
    ...shared,
    store: platform.store,
    openFile: platform.openFile,
    startReference: (model) =>
      connectSimulation(platform.spawnReference(model, isNative ? 'native' : 'wasm')),
    download: models.download,
  })
  const status = registerStatus({
    ...shared,
    entries: features.flatMap(({ statusEntries }) => statusEntries),
    modelId,
    offersNative,
    retryBackend: () => engine.retry(),
  })

  context.subscriptions.push(
    onSettingsChange((changed) => {
      if (changed('model') || (changed('precision') && selectedPrecision() !== precision)) modelChanged()
      else if (changed('threads')) void engine.restart()
      else if (changed('backend')) engine.backendChanged()
      if (changed('backend')) inspection.panel.sendNativeOffer()
    }),
    platform.onReleaseModel((id) => {
      check.releaseModel(id)
      if (readSettings().model === id) modelChanged()
    }),
    onMayBeAvailable((backend) => {
      engine.mayBeAvailable(backend)
      inspection.panel.sendNativeOffer()
    }),
    { dispose: () => engine.dispose() },
  )
  return {
    api: createApi({ service, explanations, comparisons, locate }),
    close: () => inspection.close(),
  }
}
