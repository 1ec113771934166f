// The methods of the WebGPU tests' worker, in addition to the engine's own.

import type { CacheBudget } from '../../../src/engine/cache/prefixCache'
import type { EngineMethods } from '../../../src/shared/contracts/engine/engineApi'
import type { Backend, ModelInfo } from '../../../src/shared/contracts/engine/prediction'

export interface LoadRequest {
  /** Default: webgpu. */
  readonly backend?: Backend
  /** Limits that the fake adapter reports. */
  readonly limits?: Readonly<Record<string, number>>
  /** Simulates a machine without an adapter or without WebGPU. */
  readonly lacks?: 'adapter' | 'navigator.gpu'
  /** Records where ONNX Runtime places each operator, which is slow. */
  readonly recordPlacements?: boolean
}

export interface FreshEngineRequest {
  /** Positions of every step; the product's measured policy if undefined. */
  readonly stepPositions?: number
  /** Destroys the device after the engine's first step, as a driver crash in the middle of a request does. */
  readonly destroyDeviceAfterStep?: true
}

/** One operation on the cache. */
export type CacheStep =
  | { readonly kind: 'append'; readonly tokenIds: Int32Array; readonly from: number }
  | { readonly kind: 'rewind'; readonly tokenIds: Int32Array; readonly length: number }

export interface CachedRows {
  /** Residual rows of the looked-up tokens if cached, then keys and values by layer of the longest cached prefix. */
  readonly rows: readonly Float32Array[]
  readonly byteLength: number
}

/** Copies between the CPU and the GPU, and the buffers on the GPU. */
export interface GpuCounts {
  /** Tensors that were copied to the GPU. */
  readonly uploads: number
  /** Tensors that were read back: buffers mapped for reading. */
  readonly downloads: number
  readonly downloadedBytes: number
  /** Existing buffers of cached rows. */
  readonly liveRows: number
}

export interface Placements {
  /** By execution provider. */
  readonly operators: Readonly<Record<string, number>>
  readonly onCpu: readonly string[]
}

export interface WorkerMethods extends EngineMethods {
  /** Loads the model and creates an engine with an empty cache. */
  load: { request: LoadRequest; progress: never; result: ModelInfo }
  /** Creates another engine with an empty cache on the same model; the cache of the previous engine is not freed. */
  freshEngine: { request: FreshEngineRequest; progress: never; result: undefined }
  /** The counts since the last call. */
  counts: { request: undefined; progress: never; result: GpuCounts }
  /** Destroys the device, as a driver crash does, or makes it reject an operation. */
  damageDevice: { request: 'destroy' | 'refuse'; progress: never; result: undefined }
  /** Resolves with the name of the error that the model is lost with. */
  lost: { request: undefined; progress: never; result: string }
  /** Operators of all sessions by execution provider, read from ONNX Runtime's log. */
  placements: { request: undefined; progress: never; result: Placements }
  /** Runs the steps on a cache with a new device, and looks the tokens up after every step. */
  keep: {
    request: {
      readonly budget: CacheBudget
      readonly steps: readonly CacheStep[]
      readonly lookUp: Int32Array
    }
    progress: never
    result: readonly CachedRows[]
  }
}
