import { availableParallelism, totalmem } from 'node:os'
import { basename } from 'node:path'
import * as vscode from 'vscode'
import type { LogitscopeApi } from './api'
import { compose } from './compose'
import { readSettings } from '../editor/settings'
import { Companion } from '../companion/companionEngine'
import { defaultThreads } from '../engine/contract/engineOptions'
import { checkModelFolder } from '../engine/client/checkModelFolder'
import { spawnWorker } from '../engine/client/spawnWorker'
import { createLog, type Log } from '../editor/log'
import { requestHub } from '../model/hub/hubRequest'
import { filesOfFolder } from '../model/folder/filesOfFolder'
import { fingerprintOf } from '../model/folder/fingerprint'
import { locateModel } from '../model/folder/locateModel'
import { CONVERSION_SCRIPT } from '../model/formats/conversionCommand'
import { PINNED_MODELS } from '../model/registry'
import { ModelStore } from '../model/store/disk/modelStore'
import type { Platform } from './platform'
import type { Precision } from '../shared/contracts/prediction'
import { writeOnDisk } from '../features/inspect/writeOnDisk'
import { ModelsOnDisk } from '../features/models/modelsOnDisk'
import { VSCODE_COMMANDS } from '../companion/vscodeCommands'
import { webGpuStart } from './webGpuStart'

/** The entry point in Node: VS Code on the desktop, or on a server that the window is connected to. */
export function activate(context: vscode.ExtensionContext): LogitscopeApi {
  const log = createLog()
  const companionStarts = new vscode.EventEmitter<void>()
  const companion = new Companion(VSCODE_COMMANDS, () => {
    companionStarts.fire()
  })
  const onWebGpuMayBeAvailable = companionStarts.event
  const api = compose(context, log, nodePlatform({ context, log, companion, onWebGpuMayBeAvailable }))
  // Pushed last, so that the engine is disposed first: it would report the end of the companion's link as a failure.
  context.subscriptions.push(companion, companionStarts)
  return api
}

interface NodePlatformOptions extends Pick<Platform, 'onWebGpuMayBeAvailable'> {
  readonly context: vscode.ExtensionContext
  readonly log: Log
  readonly companion: Companion
}

function nodePlatform({ context, log, companion, onWebGpuMayBeAvailable }: NodePlatformOptions): Platform {
  const { extensionUri, globalStorageUri } = context
  const store = new ModelStore({
    folder: vscode.Uri.joinPath(globalStorageUri, 'models').fsPath,
    models: PINNED_MODELS,
  })
  const assetsFolder = vscode.Uri.joinPath(extensionUri, 'dist').fsPath
  const int8Folder = vscode.Uri.joinPath(globalStorageUri, 'int8').fsPath
  const locate = (model: string) =>
    locateModel(model, {
      embedded: vscode.Uri.joinPath(extensionUri, 'media', 'models').fsPath,
      store: store.folder,
      howToGet: 'run Logitscope: Select Model.',
    })
  const threads = () => readSettings().threads || defaultThreads(availableParallelism())
  const spawn = (name: string, precision: Precision) => {
    const model = locate(name)
    log.info(`Starting the engine with ${model.id} in ${precision} and ${threads()} threads.`)
    return spawnWorker({
      model,
      backend: 'wasm',
      threads: threads(),
      precision,
      cacheFolder: int8Folder,
      assetsFolder,
    })
  }
  return {
    spawn: (precision) => spawn(readSettings().model, precision),
    // The GPU is in the window, which may be on another machine: the companion runs the engine there.
    startWebGpu: webGpuStart(context, log, {
      adapter: () => companion.adapter(),
      spawnWebGpu: (name) => {
        const location = locate(name)
        const { id, description, folder } = location
        return companion.spawn({ id, description, precision: 'fp32' }, filesOfFolder(folder), () =>
          fingerprintOf(location),
        )
      },
      spawnWasm: (name) => spawn(name, 'fp32'),
    }),
    onWebGpuMayBeAvailable,
    threads,
    modelId: () => locate(readSettings().model).id,
    store,
    requestHub,
    memoryBytes: totalmem(),
    writeOnDisk,
    disk: new ModelsOnDisk({
      store,
      int8Folder,
      conversionScript: vscode.Uri.joinPath(extensionUri, 'media', CONVERSION_SCRIPT).fsPath,
      checkFolder: (folder) =>
        checkModelFolder(
          spawnWorker({
            model: { id: basename(folder), folder, description: '', storage: 'user' },
            backend: 'wasm',
            threads: 1,
            precision: 'fp32',
            assetsFolder,
          }),
        ),
    }),
  }
}
