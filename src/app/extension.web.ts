import * as vscode from 'vscode'
import { version } from '../../package.json'
import type { LogitscopeApi } from './api'
import { compose } from './compose'
import { readPrecision, readSettings } from '../editor/settings'
import type { EngineWorker } from '../engine/client/engineHandle'
import { defaultThreads } from '../engine/contract/engineOptions'
import { findGpuAdapter } from '../engine/runtime/gpuAdapter'
import { spawnWorker } from '../engine/client/spawnWorker.web'
import { startWebGpu, type WebGpuOptions } from '../engine/client/startWebGpu'
import type { WorkerResources } from '../engine/contract/workerResources'
import { createLog, type Log } from '../editor/log'
import { fetchFromHub } from '../model/hub/fetchFromHub'
import { CONFIG_FILE, WEIGHTS_FILE } from '../model/formats/modelFiles'
import { EMBEDDED_MODELS, knownModelIds, PINNED_MODELS } from '../model/registry'
import { BrowserModelStore } from '../model/store/browser/browserModelStore'
import type { Platform } from './platform'
import { rememberedChecks } from './rememberedChecks'
import { ModelFilesError } from '../shared/errors'
import type { Backend, Precision } from '../shared/contracts/prediction'
import { workspaceFiles } from './workspaceFiles'

/** VS Code for the web: everything runs in the browser. */
export function activate(context: vscode.ExtensionContext): LogitscopeApi {
  const log = createLog()
  return compose(context, log, browser(context, log))
}

function browser(context: vscode.ExtensionContext, log: Log): Platform {
  const { extensionUri, globalStorageUri } = context
  const store = new BrowserModelStore({
    files: workspaceFiles(vscode.Uri.joinPath(globalStorageUri, 'models')),
    models: PINNED_MODELS,
    onFull: (reason) => {
      log.warn(`This browser takes no more; the rest is kept in memory: ${String(reason)}`)
    },
  })
  const spawn = (id: string, backend: Backend, precision: Precision) => {
    const threads = readSettings().threads || defaultThreads(cores())
    log.info(`Starting the engine with ${id} on ${backend} in ${precision} and up to ${threads} threads.`)
    const description = EMBEDDED_MODELS[id] ?? store.find(id)?.description ?? ''
    return spawnWorker(
      { model: { id, description }, backend, precision, threads },
      resources(id, extensionUri, store),
    )
  }
  return {
    spawn: (precision) => spawn(readSettings().model, 'wasm', precision),
    webGpu: webGpuOfThisHost(context, log, (id, backend) => spawn(id, backend, 'fp32')),
    modelId: () => readSettings().model,
    store,
    requestHub: fetchFromHub,
    // Browsers tell at most 8 GB, and some nothing: no number is better than a wrong one.
    memoryBytes: undefined,
    disk: undefined,
  }
}

/** This host runs in the window, where the GPU is. */
function webGpuOfThisHost(
  context: vscode.ExtensionContext,
  log: Log,
  spawn: (id: string, backend: Backend) => EngineWorker,
): Platform['webGpu'] {
  const parts: WebGpuOptions = {
    choice: () => readSettings().backend,
    selected: () => {
      const { model } = readSettings()
      return { model, precision: readPrecision(model) }
    },
    adapter: findGpuAdapter,
    spawnWebGpu: (id) => spawn(id, 'webgpu'),
    spawnWasm: (id) => spawn(id, 'wasm'),
    checks: rememberedChecks(context),
    log: (message) => {
      log.info(message)
    },
  }
  return { start: (wasm, signal) => startWebGpu(parts, wasm, signal), onArrival: NEVER }
}

/** Whatever is here was here from the beginning. */
const NEVER: vscode.Event<void> = () => new vscode.Disposable(() => undefined)

/** What the engine asks for: from the extension's own files, and the model from where it is kept. */
function resources(modelId: string, extensionUri: vscode.Uri, store: BrowserModelStore): WorkerResources {
  const read = async (...path: string[]) =>
    vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, ...path))
  const asset: WorkerResources['asset'] = (name) => read('dist', name)
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
            fingerprint: `logitscope ${version} ${modelId}`,
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
