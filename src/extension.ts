import { availableParallelism, totalmem } from 'node:os'
import * as vscode from 'vscode'
import type { LogitscopeApi } from './api'
import { compose } from './compose'
import { readSettings } from './config'
import { defaultThreads } from './engine/engineOptions'
import { spawnWorker } from './engine/spawnWorker'
import { createLog, type Log } from './log'
import { requestHub } from './model/hub/hubRequest'
import { locateModel } from './model/locateModel'
import { PINNED_MODELS } from './model/registry'
import { ModelStore } from './model/store/modelStore'
import type { Platform } from './platform'
import { ModelsOnDisk } from './views/modelsOnDisk'

/** VS Code on a machine, or on a server that a window is connected to. */
export function activate(context: vscode.ExtensionContext): LogitscopeApi {
  const log = createLog()
  return compose(context, log, machine(context, log))
}

function machine({ extensionUri, globalStorageUri }: vscode.ExtensionContext, log: Log): Platform {
  const store = new ModelStore({
    folder: vscode.Uri.joinPath(globalStorageUri, 'models').fsPath,
    models: PINNED_MODELS,
  })
  const int8Folder = vscode.Uri.joinPath(globalStorageUri, 'int8').fsPath
  const locate = () =>
    locateModel(readSettings().model, {
      embedded: vscode.Uri.joinPath(extensionUri, 'media', 'models').fsPath,
      store: store.folder,
      howToGet: 'run Logitscope: Select Model.',
    })
  return {
    spawn: (precision) => {
      const threads = readSettings().threads || defaultThreads(availableParallelism())
      const model = locate()
      log.info(`Starting the engine with ${model.id} in ${precision} and ${threads} threads.`)
      return spawnWorker({
        model,
        backend: 'wasm',
        threads,
        precision,
        cacheFolder: int8Folder,
        assetsFolder: vscode.Uri.joinPath(extensionUri, 'dist').fsPath,
      })
    },
    modelId: () => locate().id,
    store,
    requestHub,
    memoryBytes: totalmem(),
    disk: new ModelsOnDisk(store, int8Folder),
  }
}
