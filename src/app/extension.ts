import { availableParallelism, totalmem } from 'node:os'
import * as vscode from 'vscode'
import type { LogitscopeApi } from './api'
import { compose } from './compose'
import { readPrecision, readSettings } from '../editor/settings'
import { Companion } from '../companion/companionEngine'
import type { EngineWorker } from '../engine/client/engineHandle'
import { defaultThreads } from '../engine/contract/engineOptions'
import { spawnWorker } from '../engine/client/spawnWorker'
import { startWebGpu, type WebGpuOptions } from '../engine/client/startWebGpu'
import { createLog, type Log } from '../editor/log'
import { requestHub } from '../model/hub/hubRequest'
import { filesOfFolder } from '../model/folder/filesOfFolder'
import { fingerprintOf } from '../model/folder/fingerprint'
import { locateModel } from '../model/folder/locateModel'
import { PINNED_MODELS } from '../model/registry'
import { ModelStore } from '../model/store/disk/modelStore'
import type { Platform } from './platform'
import { rememberedChecks } from './rememberedChecks'
import type { ModelLocation } from '../shared/contracts/engineApi'
import type { Precision } from '../shared/contracts/prediction'
import { ModelsOnDisk } from '../features/models/modelsOnDisk'
import { VSCODE_COMMANDS } from '../companion/vscodeCommands'

/** VS Code on a machine, or on a server that a window is connected to. */
export function activate(context: vscode.ExtensionContext): LogitscopeApi {
  const log = createLog()
  const arrival = new vscode.EventEmitter<void>()
  const companion = new Companion(VSCODE_COMMANDS, () => {
    arrival.fire()
  })
  const api = compose(context, log, machine(context, log, { companion, onArrival: arrival.event }))
  // Behind the engine, which would take the end of its link for a failure.
  context.subscriptions.push(companion, arrival)
  return api
}

/** The other extension of ours, in the user's window. */
interface CompanionThere {
  readonly companion: Companion
  readonly onArrival: vscode.Event<void>
}

function machine(context: vscode.ExtensionContext, log: Log, there: CompanionThere): Platform {
  const { extensionUri, globalStorageUri } = context
  const store = new ModelStore({
    folder: vscode.Uri.joinPath(globalStorageUri, 'models').fsPath,
    models: PINNED_MODELS,
  })
  const int8Folder = vscode.Uri.joinPath(globalStorageUri, 'int8').fsPath
  const locate = (model: string) =>
    locateModel(model, {
      embedded: vscode.Uri.joinPath(extensionUri, 'media', 'models').fsPath,
      store: store.folder,
      howToGet: 'run Logitscope: Select Model.',
    })
  const spawn = (name: string, precision: Precision) => {
    const threads = readSettings().threads || defaultThreads(availableParallelism())
    const model = locate(name)
    log.info(`Starting the engine with ${model.id} in ${precision} and ${threads} threads.`)
    return spawnWorker({
      model,
      backend: 'wasm',
      threads,
      precision,
      cacheFolder: int8Folder,
      assetsFolder: vscode.Uri.joinPath(extensionUri, 'dist').fsPath,
    })
  }
  return {
    spawn: (precision) => spawn(readSettings().model, precision),
    webGpu: webGpuOfCompanion(context, log, there, { locate, spawnWasm: (model) => spawn(model, 'fp32') }),
    modelId: () => locate(readSettings().model).id,
    store,
    requestHub,
    memoryBytes: totalmem(),
    disk: new ModelsOnDisk(store, int8Folder),
  }
}

/** The GPU is where the window is, which may be on another machine: the companion carries the engine there. */
function webGpuOfCompanion(
  context: vscode.ExtensionContext,
  log: Log,
  { companion, onArrival }: CompanionThere,
  models: {
    readonly locate: (model: string) => ModelLocation
    readonly spawnWasm: (model: string) => EngineWorker
  },
): Platform['webGpu'] {
  const parts: WebGpuOptions = {
    choice: () => readSettings().backend,
    selected: () => {
      const { model } = readSettings()
      return { model, precision: readPrecision(model) }
    },
    adapter: () => companion.adapter(),
    spawnWebGpu: (name) => {
      const location = models.locate(name)
      const { id, description, folder } = location
      return companion.spawn({ id, description, precision: 'fp32' }, filesOfFolder(folder), () =>
        fingerprintOf(location),
      )
    },
    spawnWasm: models.spawnWasm,
    checks: rememberedChecks(context),
    log: (message) => {
      log.info(message)
    },
  }
  return { start: (wasm, signal) => startWebGpu(parts, wasm, signal), onArrival }
}
