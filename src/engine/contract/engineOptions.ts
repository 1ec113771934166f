import type { ModelLocation } from '../../shared/contracts/engine/engineApi'
import type { Backend, Precision } from '../../shared/contracts/engine/prediction'

/** How a model is loaded. */
export interface LoadOptions {
  readonly backend: Backend
  readonly threads: number
  readonly precision: Precision
  /** Folder of the files derived from checkpoints (int8); undefined: they are computed again at every load. */
  readonly cacheFolder?: string
}

/** Options of an engine. Another model, backend, precision or number of threads needs a new engine. */
export interface EngineOptions extends LoadOptions {
  readonly model: ModelLocation
  /** The folder of the engine's bundle, WASM files and token table. */
  readonly assetsFolder: string
  /** Absolute path of `onnxruntime.cjs` of Logitscope Native; present in its process, whose backend is `native` or `webgpu`. */
  readonly nativeLibrary?: string
  /** Folder of the prepacked forms of models; undefined: the native runtime uses the models' own files. */
  readonly prepackedFolder?: string
}

/** The largest number of threads that a user can set. */
export const MAX_THREADS = 64
/** More threads lose more time waiting for each other than they gain. */
const MAX_DEFAULT_THREADS = 8

/** Leaves one core free for the editor. */
export function defaultThreads(availableParallelism: number): number {
  return Math.min(Math.max(availableParallelism - 1, 1), MAX_DEFAULT_THREADS)
}
