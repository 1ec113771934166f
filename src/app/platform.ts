import type * as vscode from 'vscode'
import type { AcceleratorOptions } from '../engine/client/accelerator'
import type { EngineWorker } from '../engine/client/engineHandle'
import type { FileSource } from '../files/source/fileSource'
import type { RequestHub } from '../model/hub/hubTransport'
import type { PinnedModelStore } from '../model/store/pinnedModelStore'
import type { AcceleratedBackend } from '../shared/contracts/engine/backends'
import type { ModelLocation } from '../shared/contracts/engine/engineApi'
import type { Precision } from '../shared/contracts/engine/prediction'
import type { ResultsExportOptions } from '../features/inspect/commands/export/resultsExport'
import type { ModelsOnDisk } from '../features/models/modelsOnDisk'

/** The parts that differ between an extension host in Node and one in a browser. */
export interface Platform {
  /** Starts the engine's thread with the selected model on WASM. */
  readonly spawn: (precision: Precision) => EngineWorker
  /** Starts an engine with any model (an id or a folder) in fp32, for simulations only. */
  readonly spawnReference: (model: string, backend: 'wasm' | 'native') => EngineWorker
  /** Opens a file for reading by parts. The caller closes it. */
  readonly openFile: (uri: vscode.Uri) => Promise<FileSource>
  /** The backends besides WASM, fastest first. */
  readonly accelerators: readonly AcceleratorOptions[]
  /** Fires when a backend, missing before, may have become available. */
  readonly onMayBeAvailable: vscode.Event<AcceleratedBackend>
  /** Whether Logitscope Native is not installed, and would run on this machine. */
  readonly canInstallNative: () => boolean
  /** Number of threads that an engine which starts now uses on the CPU. */
  readonly threads: () => number
  /** Where a model is, an id or a folder. */
  readonly locate: (model: string) => ModelLocation
  readonly store: PinnedModelStore
  /** Fires with the id of a model whose files will be deleted or replaced, so that the engine which has it ends. */
  readonly onReleaseModel: vscode.Event<string>
  readonly requestHub: RequestHub
  /** Memory of the machine in bytes; undefined if unknown. */
  readonly memoryBytes: number | undefined
  /** Writes a long export piece by piece; undefined in a browser. */
  readonly writeOnDisk: ResultsExportOptions['writeOnDisk']
  /** Operations on models in folders; undefined in a browser. */
  readonly disk: ModelsOnDisk | undefined
}
