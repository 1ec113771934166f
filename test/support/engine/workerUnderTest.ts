// What the worker of the WebGPU tests answers beside the engine's own methods.

import type { KeptBudget } from '../../../src/engine/cache/prefixCache'
import type { EngineMethods } from '../../../src/shared/contracts/engineApi'
import type { Backend, ModelInfo } from '../../../src/shared/contracts/prediction'

export interface LoadRequest {
  /** WebGPU where absent. */
  readonly backend?: Backend
  /** Pretends that the adapter allows no more. */
  readonly limits?: Readonly<Record<string, number>>
  /** Pretends that the machine is another. */
  readonly lacks?: 'adapter' | 'navigator.gpu'
  /** Has ONNX Runtime say where it places each operator, which is slow. */
  readonly notePlacements?: boolean
}

/** Something that becomes of a sequence; its rows are those of `rowsOfToken`. */
export type KeptStep =
  | { readonly kind: 'append'; readonly tokenIds: Int32Array; readonly from: number }
  | { readonly kind: 'rewind'; readonly tokenIds: Int32Array; readonly length: number }

export interface KeptRows {
  /** Residual rows of the tokens asked for, then keys and values by layer of all but the last; empty where they are not kept. */
  readonly rows: readonly Float32Array[]
  readonly byteLength: number
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

export interface Placements {
  /** By execution provider. */
  readonly operators: Readonly<Record<string, number>>
  readonly onCpu: readonly string[]
}

export interface WorkerMethods extends EngineMethods {
  /** Loads the model, and an engine that has kept nothing yet. */
  load: { request: LoadRequest; progress: never; result: ModelInfo }
  /** Another engine on the same model, which has kept nothing yet; what the one before has kept stays. */
  freshEngine: { request: { readonly stepPositions?: number }; progress: never; result: undefined }
  /** Since it was last asked. */
  counts: { request: undefined; progress: never; result: GpuCounts }
  /** Takes the device away, as a driver that crashed does, or has it refuse an operation. */
  damageDevice: { request: 'destroy' | 'refuse'; progress: never; result: undefined }
  /** Resolves with the name of the error that the model is lost with. */
  lost: { request: undefined; progress: never; result: string }
  /** By ONNX Runtime's own log: how many operators of the sessions are placed where, and which on the CPU. */
  placements: { request: undefined; progress: never; result: Placements }
  /** Keeps sequences on a device of their own within a budget, and looks some tokens up after every step. */
  keep: {
    request: {
      readonly budget: KeptBudget
      readonly steps: readonly KeptStep[]
      readonly lookUp: Int32Array
    }
    progress: never
    result: readonly KeptRows[]
  }
}
