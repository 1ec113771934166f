// What the worker of the WebGPU tests answers beside the engine's own methods.

import type { EngineMethods } from '../../src/shared/engineApi'
import type { Backend, ModelInfo } from '../../src/shared/prediction'

export interface LoadRequest {
  readonly backend: Backend
  /** Of the folder that the page's server gives out under `/model/`. */
  readonly files: readonly string[]
  /** Positions of one step. */
  readonly chunkPositions?: number
  /** Bytes that are kept of keys and values; the engine's own where absent. */
  readonly limits?: Readonly<Partial<Record<'maxStorageBufferBindingSize' | 'maxBufferSize', number>>>
  /** As where the machine has none. */
  readonly withoutAdapter?: boolean
}

/** What went between the CPU and the GPU, and what there is there. */
export interface GpuCounts {
  /** Buffers that were filled on the CPU and copied to storage: tensors that went up. */
  readonly uploads: number
  /** Buffers that were mapped to be read: tensors that came down. */
  readonly downloads: number
  readonly downloadedBytes: number
  /** Buffers of the engine's own rows that exist now. */
  readonly liveRows: number
}

export interface WorkerMethods extends EngineMethods {
  /** Loads a model, and an engine that has kept nothing yet. */
  load: { request: LoadRequest; progress: never; result: ModelInfo }
  /** An engine on the same model that has kept nothing yet; what the one before has kept stays. */
  freshEngine: { request: { readonly chunkPositions?: number }; progress: never; result: undefined }
  /** Since it was last asked. */
  counts: { request: undefined; progress: never; result: GpuCounts }
  /** Takes the device away, as a driver that crashed. */
  destroyDevice: { request: undefined; progress: never; result: undefined }
  /** Resolves with the name of the error that the model was lost with. */
  lost: { request: undefined; progress: never; result: string }
  /** Operators of every session that has been made that are placed on the CPU, by ONNX Runtime's own log. */
  cpuOperators: { request: undefined; progress: never; result: readonly string[] }
}
