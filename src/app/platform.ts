import type * as vscode from 'vscode'
import type { BackendRouterOptions } from '../engine/client/backendRouter'
import type { EngineWorker } from '../engine/client/engineHandle'
import type { RequestHub } from '../model/hub/hubTransport'
import type { PinnedModelStore } from '../model/store/pinnedModelStore'
import type { Precision } from '../shared/contracts/prediction'
import type { ModelsOnDisk } from '../features/models/modelsOnDisk'

/** What is different where VS Code's extension host runs on a machine and where it runs in a browser. */
export interface Platform {
  /** Starts the engine's thread with the model of the settings. */
  readonly spawn: (precision: Precision) => EngineWorker
  /** Where WebGPU is: in the user's window. */
  readonly webGpu: {
    readonly start: BackendRouterOptions['startWebGpu']
    /** It was not there before, and is now. */
    readonly onArrival: vscode.Event<void>
  }
  /** What the model of the settings is called. */
  readonly modelId: () => string
  readonly store: PinnedModelStore
  readonly requestHub: RequestHub
  /** Bytes; undefined where nobody tells. */
  readonly memoryBytes: number | undefined
  /** Undefined in a browser. */
  readonly disk: ModelsOnDisk | undefined
}
