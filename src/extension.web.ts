import * as vscode from 'vscode'
import type { LogitscopeApi } from './api'
import { compose } from './compose'
import { readSettings } from './config'
import { defaultThreads } from './engine/engineOptions'
import { spawnWorker } from './engine/spawnWorker.web'
import type { WorkerSupplies } from './engine/workerSupplies'
import { createLog, type Log } from './log'
import { fetchFromHub } from './model/hub/fetchFromHub'
import { CONFIG_FILE, WEIGHTS_FILE } from './model/modelFiles'
import { EMBEDDED_MODELS, knownModelIds, PINNED_MODELS } from './model/registry'
import { BrowserModelStore } from './model/store/browserModelStore'
import type { Platform } from './platform'
import { ModelFilesError } from './shared/errors'
import { workspaceFiles } from './workspaceFiles'

/** VS Code for the web: everything runs in the browser. */
export function activate(context: vscode.ExtensionContext): LogitscopeApi {
  const log = createLog()
  return compose(context, log, browser(context, log))
}

function browser({ extensionUri, globalStorageUri }: vscode.ExtensionContext, log: Log): Platform {
  const store = new BrowserModelStore({
    files: workspaceFiles(vscode.Uri.joinPath(globalStorageUri, 'models')),
    models: PINNED_MODELS,
    onFull: (reason) => {
      log.warn(`This browser takes no more; the rest is kept in memory: ${String(reason)}`)
    },
  })
  return {
    spawn: (precision) => {
      const id = readSettings().model
      const threads = readSettings().threads || defaultThreads(cores())
      log.info(`Starting the engine with ${id} in ${precision} and up to ${threads} threads.`)
      const description = EMBEDDED_MODELS[id] ?? store.find(id)?.description ?? ''
      return spawnWorker(
        { model: { id, description }, backend: 'wasm', precision, threads },
        supplies(id, extensionUri, store),
      )
    },
    modelId: () => readSettings().model,
    store,
    requestHub: fetchFromHub,
    // Browsers tell at most 8 GB, and some nothing: no number is better than a wrong one.
    memoryBytes: undefined,
    disk: undefined,
  }
}

/** What the engine asks for: from the extension's own files, and the model from where it is kept. */
function supplies(modelId: string, extensionUri: vscode.Uri, store: BrowserModelStore): WorkerSupplies {
  const read = async (...path: string[]) =>
    vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, ...path))
  const asset: WorkerSupplies['asset'] = (name) => read('dist', name)
  const pinned = store.find(modelId)
  if (pinned !== undefined) {
    return {
      asset,
      model: () => store.outline(pinned),
      part: (file, index) => store.part(pinned, file, index),
    }
  }
  return {
    asset,
    model: () =>
      Object.hasOwn(EMBEDDED_MODELS, modelId)
        ? Promise.resolve({
            place: 'the extension',
            files: [CONFIG_FILE, WEIGHTS_FILE].map((name) => ({ name, parts: 1 })),
          })
        : Promise.reject(
            new ModelFilesError(
              `A browser has no model “${modelId}”; it has ${knownModelIds().join(', ')}: run Logitscope: Select Model.`,
            ),
          ),
    part: (file) => read('media', 'models', modelId, file),
  }
}

function cores(): number {
  const { navigator } = globalThis as { readonly navigator?: { readonly hardwareConcurrency?: number } }
  return navigator?.hardwareConcurrency ?? 1
}
