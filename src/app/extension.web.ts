import * as vscode from 'vscode'
import { version } from '../../package.json'
import type { LogitscopeApi } from './api'
import { compose, type Composition } from './compose'
import { readSettings } from '../editor/settings'
import type { Unused } from '../engine/client/accelerator'
import { defaultThreads } from '../engine/contract/engineOptions'
import { findGpuAdapter } from '../engine/runtime/webgpu/gpuAdapter'
import { spawnWorker } from '../engine/client/spawn/spawnWorker.web'
import type { WebBackend } from '../engine/contract/webWorkerStart'
import type { ModelSource, WorkerResources } from '../engine/contract/workerResources'
import { createLog, type Log } from '../editor/log'
import { fetchFromHub } from '../model/hub/fetchFromHub'
import { CONFIG_FILE, WEIGHTS_FILE } from '../model/formats/modelFiles'
import { EMBEDDED_MODELS, knownModelIds, PINNED_MODELS } from '../model/registry'
import { BrowserModelStore } from '../model/store/browser/browserModelStore'
import { openInMemory } from './openInMemory'
import type { Platform } from './platform'
import type { ModelLocation } from '../shared/contracts/engine/engineApi'
import { ModelFilesError } from '../shared/errors'
import type { Precision } from '../shared/contracts/engine/prediction'
import { webGpuOf } from './accelerators'
import { workspaceFiles } from './workspaceFiles'

/** The entry point in VS Code for the web: everything runs in the browser. */
export function activate(context: vscode.ExtensionContext): LogitscopeApi {
  const log = createLog()
  const { api, close } = compose(context, log, browserPlatform(context, log))
  closeWindow = close
  return api
}

let closeWindow: Composition['close'] | undefined

/** VS Code waits for it, up to a few seconds, before the extension host ends. */
export function deactivate(): Promise<void> | undefined {
  return closeWindow?.()
}

function browserPlatform(context: vscode.ExtensionContext, log: Log): Platform {
  const { extensionUri, globalStorageUri } = context
  const store = new BrowserModelStore({
    files: workspaceFiles(vscode.Uri.joinPath(globalStorageUri, 'models')),
    models: PINNED_MODELS,
    onFull: (reason) => {
      log.warn(`The browser's storage is full; the rest of the model stays in memory: ${String(reason)}`)
    },
  })
  const threads = () => readSettings().threads || defaultThreads(cores())
  // The engine's worker asks for the files of a model by its id.
  const locate = (id: string): ModelLocation => {
    const description = EMBEDDED_MODELS.get(id) ?? store.find(id)?.description ?? ''
    return { id, folder: '', description, storage: 'logitscope' }
  }
  const spawn = (id: string, backend: WebBackend, precision: Precision) => {
    log.info(`Starting the engine with ${id} on ${backend} in ${precision} and up to ${threads()} threads.`)
    return spawnWorker(
      { model: locate(id), backend, precision, threads: threads() },
      resources(extensionUri, store),
    )
  }
  return {
    spawn: (precision) => spawn(readSettings().model, 'wasm', precision),
    spawnReference: (id) => spawn(id, 'wasm', 'fp32'),
    openFile: openInMemory,
    // This host runs in the window, where the GPU is.
    accelerators: [
      webGpuOf(context, log, {
        place: () => ({
          kind: 'window',
          adapter: findGpuAdapter,
          spawnWebGpu: (id) => spawn(id, 'webgpu', 'fp32'),
        }),
        spawnWasm: (id) => spawn(id, 'wasm', 'fp32'),
      }),
      { backend: 'native', find: () => Promise.resolve(NO_NATIVE) },
    ],
    // The browser's support of WebGPU does not change while the page is open.
    onMayBeAvailable: NEVER,
    canInstallNative: () => false,
    threads,
    locate,
    store,
    // No process has a browser's files mapped into memory.
    onReleaseModel: NEVER,
    requestHub: fetchFromHub,
    // Browsers report at most 8 GB or nothing, so the size is unknown.
    memoryBytes: undefined,
    writeOnDisk: undefined,
    disk: undefined,
  }
}

const NO_NATIVE: Unused = {
  kind: 'unused',
  reason: 'Logitscope Native runs on the desktop and on servers, not in a browser.',
}

/** An event that never fires. */
const NEVER: vscode.Event<never> = () => new vscode.Disposable(() => undefined)

/** Files that the engine's worker requests: the runtime's from the extension, a model's from the extension or the store. */
function resources(extensionUri: vscode.Uri, store: BrowserModelStore): WorkerResources {
  const read = async (...path: string[]) =>
    vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, ...path))
  return {
    asset: (name) => read('dist', name),
    modelOf: (id) => {
      const pinned = store.find(id)
      if (pinned === undefined) return packagedModel(id, (file) => read('media', 'models', id, file))
      return {
        model: () => store.outline(pinned),
        part: (file, index) => store.part(pinned, file, index),
      }
    },
  }
}

/** A model in the extension package. */
function packagedModel(id: string, read: (file: string) => Promise<Uint8Array>): ModelSource {
  return {
    model: () =>
      EMBEDDED_MODELS.has(id)
        ? Promise.resolve({
            place: 'the extension',
            fingerprint: `logitscope ${version} ${id}`,
            files: [CONFIG_FILE, WEIGHTS_FILE].map((name) => ({ name, parts: 1 })),
          })
        : Promise.reject(
            new ModelFilesError(
              `The model “${id}” is not available in a browser; available are ${knownModelIds().join(', ')}. Run Logitscope: Select Model.`,
            ),
          ),
    part: read,
  }
}

function cores(): number {
  const { navigator } = globalThis as { readonly navigator?: { readonly hardwareConcurrency?: number } }
  return navigator?.hardwareConcurrency ?? 1
}
