import type { ModelLocation } from '../shared/engineApi'

/** What an engine is made with; another model or another number of threads is another engine. */
export interface EngineOptions {
  readonly model: ModelLocation
  readonly threads: number
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
