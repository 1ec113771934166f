import type { ModelLocation } from '../shared/engineApi'

/** What an engine is made with; another model or another number of threads is another engine. */
export interface EngineOptions {
  readonly model: ModelLocation
  readonly threads: number
  /** The folder of the engine's bundle and of the WASM and tables that it loads. */
  readonly assetsFolder: string
}

const MAX_THREADS = 8

/** One core stays free for the editor. */
export function defaultThreads(availableParallelism: number): number {
  return Math.min(Math.max(availableParallelism - 1, 1), MAX_THREADS)
}
