import type { ModelLocation } from '../../shared/contracts/engineApi'
import type { Backend, Precision } from '../../shared/contracts/prediction'

/** How a model is loaded. */
export interface LoadOptions {
  readonly backend: Backend
  readonly threads: number
  readonly precision: Precision
  /** Where forms that are derived from a checkpoint are kept; undefined where they are made anew each time. */
  readonly cacheFolder?: string
}

/** What an engine is made with; another model, backend, precision or number of threads is another engine. */
export interface EngineOptions extends LoadOptions {
  readonly model: ModelLocation
  /** The folder of the engine's bundle and of the WASM and tables that it loads. */
  readonly assetsFolder: string
}

/** What anyone may ask for. */
export const MAX_THREADS = 64
/** More of them wait for each other. */
const MAX_DEFAULT_THREADS = 8

/** One core stays free for the editor. */
export function defaultThreads(availableParallelism: number): number {
  return Math.min(Math.max(availableParallelism - 1, 1), MAX_DEFAULT_THREADS)
}
