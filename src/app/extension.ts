import { availableParallelism, totalmem } from 'node:os'
import { basename } from 'node:path'
import * as vscode from 'vscode'
import type { LogitscopeApi } from './api'
import { compose, type Composition } from './compose'
import { readSettings } from '../editor/settings'
import { Companion } from '../companion/companionEngine'
import { defaultThreads, type EngineOptions } from '../engine/contract/engineOptions'
import { checkModelFolder } from '../engine/client/checkModelFolder'
import { processorName } from '../engine/client/native/processorName'
import { findNativeGpu } from '../engine/client/webgpu/findNativeGpu'
import { spawnNative } from '../engine/client/spawn/spawnNative'
import { spawnWorker } from '../engine/client/spawn/spawnWorker'
import type { SelectedModel } from '../engine/client/startAccelerated'
import type { WebGpuPlace } from '../engine/client/webgpu/startWebGpu'
import { createLog, type Log } from '../editor/log'
import { openFileOnDisk } from '../files/source/fileOnDisk'
import { requestHub } from '../model/hub/hubRequest'
import { deleteInt8Forms, int8FormBytes } from '../model/derived/int8Cache'
import { PrepackedForms } from '../model/derived/prepackedForms'
import { filesOfFolder } from '../model/folder/filesOfFolder'
import { fingerprintOf } from '../model/folder/fingerprint'
import { locateModel } from '../model/folder/locateModel'
import { CONVERSION_SCRIPT } from '../model/formats/conversionCommand'
import { PINNED_MODELS } from '../model/registry'
import { ModelStore } from '../model/store/disk/modelStore'
import { ModelUses } from '../model/store/disk/modelUses'
import { openInMemory } from './openInMemory'
import type { Platform } from './platform'
import type { AcceleratedBackend } from '../shared/contracts/engine/backends'
import type { Backend } from '../shared/contracts/engine/prediction'
import { writeOnDisk } from '../features/inspect/commands/export/writeOnDisk'
import { ModelsOnDisk } from '../features/models/modelsOnDisk'
import { VSCODE_COMMANDS } from '../companion/vscodeCommands'
import { nativeOf, webGpuOf } from './accelerators'
import { canInstallNative, findNativeLibrary, NATIVE_EXTENSION_ID } from './nativeExtension'

/** The entry point in Node: VS Code on the desktop, or on a server that the window is connected to. */
export function activate(context: vscode.ExtensionContext): LogitscopeApi {
  const log = createLog()
  const mayBeAvailable = new vscode.EventEmitter<AcceleratedBackend>()
  const companion = new Companion(VSCODE_COMMANDS, () => {
    if (libraryForGpu() === undefined) mayBeAvailable.fire('webgpu')
  })
  const onMayBeAvailable = mayBeAvailable.event
  const { api, close } = compose(context, log, nodePlatform({ context, log, companion, onMayBeAvailable }))
  closeWindow = close
  context.subscriptions.push(
    vscode.extensions.onDidChange(() => {
      if (vscode.extensions.getExtension(NATIVE_EXTENSION_ID) === undefined) return
      mayBeAvailable.fire('native')
      if (libraryForGpu() !== undefined) mayBeAvailable.fire('webgpu')
    }),
    // After the engine, so that it is disposed first: it would report the end of the companion's link as a failure.
    companion,
    mayBeAvailable,
  )
  return api
}

let closeWindow: Composition['close'] | undefined

/** VS Code waits for it, up to a few seconds, before the extension host ends. */
export function deactivate(): Promise<void> | undefined {
  return closeWindow?.()
}

interface NodePlatformOptions extends Pick<Platform, 'onMayBeAvailable'> {
  readonly context: vscode.ExtensionContext
  readonly log: Log
  readonly companion: Companion
}

function nodePlatform({ context, log, companion, onMayBeAvailable }: NodePlatformOptions): Platform {
  const { extensionUri, globalStorageUri } = context
  const assetsFolder = vscode.Uri.joinPath(extensionUri, 'dist').fsPath
  const int8Folder = vscode.Uri.joinPath(globalStorageUri, 'int8').fsPath
  const prepackedFolder = vscode.Uri.joinPath(globalStorageUri, 'prepacked').fsPath
  const releaseModel = new vscode.EventEmitter<string>()
  context.subscriptions.push(releaseModel)
  const storeFolder = vscode.Uri.joinPath(globalStorageUri, 'models').fsPath
  const uses = new ModelUses({
    folder: storeFolder,
    window: windowName,
    release: (id) => {
      releaseModel.fire(id)
    },
  })
  const prepackedForms = new PrepackedForms(prepackedFolder)
  const store = new ModelStore({
    folder: storeFolder,
    models: PINNED_MODELS,
    uses,
    deleteDerived: async ({ id }, folder) => {
      await deleteInt8Forms(int8Folder, { id, folder })
      await prepackedForms.deleteOf({ id, folder })
    },
  })
  const locate = (model: string) =>
    locateModel(model, {
      embedded: vscode.Uri.joinPath(extensionUri, 'media', 'models').fsPath,
      store: store.folder,
      howToGet: 'run Logitscope: Select Model.',
    })
  const threads = () => readSettings().threads || defaultThreads(availableParallelism())
  const optionsOf = ({ model, precision }: SelectedModel, backend: Backend): EngineOptions => {
    const location = locate(model)
    log.info(`Starting ${location.id} on ${backend} in ${precision} with ${threads()} threads.`)
    return { model: location, backend, threads: threads(), precision, cacheFolder: int8Folder, assetsFolder }
  }
  const spawnWasm = (selected: SelectedModel) => spawnWorker(optionsOf(selected, 'wasm'))
  // The window may be on another machine: the companion runs the engine there.
  const companionInWindow: WebGpuPlace = {
    kind: 'window',
    adapter: () => companion.adapter(),
    spawnWebGpu: (name) => {
      const location = locate(name)
      const { id, description, folder } = location
      return companion.spawn({ id, description, precision: 'fp32' }, filesOfFolder(folder), () =>
        fingerprintOf(location),
      )
    },
  }
  const ownProcess = (nativeLibrary: string): WebGpuPlace => ({
    kind: 'process',
    adapter: () =>
      findNativeGpu({
        assetsFolder,
        nativeLibrary,
        isSoftwareWanted: readSettings().backend === 'webgpu',
      }),
    spawnWebGpu: (model) =>
      spawnNative(uses, { ...optionsOf({ model, precision: 'fp32' }, 'webgpu'), nativeLibrary }),
  })
  return {
    spawn: (precision) => spawnWasm({ model: readSettings().model, precision }),
    spawnReference: (model, backend) => {
      const selected: SelectedModel = { model, precision: 'fp32' }
      const library = findNativeLibrary()
      return backend === 'native' && library.kind === 'found'
        ? spawnNative(uses, { ...optionsOf(selected, 'native'), nativeLibrary: library.path })
        : spawnWasm(selected)
    },
    openFile: (uri) => (uri.scheme === 'file' ? openFileOnDisk(uri.fsPath) : openInMemory(uri)),
    accelerators: [
      webGpuOf(context, log, {
        place: () => {
          const library = libraryForGpu()
          return library === undefined ? companionInWindow : ownProcess(library)
        },
        spawnWasm: (model) => spawnWasm({ model, precision: 'fp32' }),
      }),
      nativeOf(context, log, {
        library: findNativeLibrary,
        device: processorName,
        spawnNative: ({ nativeLibrary, ...selected }) =>
          spawnNative(uses, { ...optionsOf(selected, 'native'), nativeLibrary, prepackedFolder }),
        spawnWasm,
      }),
    ],
    onMayBeAvailable,
    canInstallNative,
    threads,
    locate,
    store,
    onReleaseModel: releaseModel.event,
    requestHub,
    memoryBytes: totalmem(),
    writeOnDisk,
    disk: new ModelsOnDisk({
      store,
      derivedBytes: async ({ id }, folder) =>
        (await int8FormBytes(int8Folder, { id, folder })) + (await prepackedForms.bytesOf({ id, folder })),
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

/**
 * The native library if it reaches the window's GPU: in a desktop window of this machine. A host on a server or in a
 * container has another GPU or none.
 */
function libraryForGpu(): string | undefined {
  const isLocal = vscode.env.remoteName === undefined && vscode.env.uiKind === vscode.UIKind.Desktop
  const library = findNativeLibrary()
  return isLocal && library.kind === 'found' ? library.path : undefined
}

/** This window, as messages in other windows name it. */
function windowName(): string {
  const { name } = vscode.workspace
  return name === undefined ? 'a window without a folder' : `the window “${name}”`
}
