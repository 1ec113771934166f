import type { SimulationApi } from '../../shared/contracts/engine/simulation'
import { EngineStoppedError, InferenceError, OutOfMemoryError } from '../../shared/errors'

/** A thread that simulates a model. It loads the model with the first call. */
export interface ReferenceThread {
  readonly api: SimulationApi
  dispose(): Promise<void>
}

/** A student saves every few minutes; loading a model of gpt2's size takes seconds, and keeping it half a gigabyte. */
export const IDLE_MS = 120_000

/** After these errors the thread has ended, or its memory cannot be relied on. */
const FATAL_ERRORS = [EngineStoppedError, InferenceError, OutOfMemoryError]

/** Holds the thread of the reference model that was used last, until it is idle for `IDLE_MS`. */
export class ReferenceThreads {
  private current: { readonly model: string; readonly thread: ReferenceThread } | undefined
  private idleTimer: ReturnType<typeof setTimeout> | undefined

  /** @param start starts a thread with a model: an id or a folder */
  constructor(private readonly start: (model: string) => ReferenceThread) {}

  /** Runs `work` with a model. A thread with another model ends first, because two models may not fit into memory. */
  async use<T>(model: string, work: (api: SimulationApi) => Promise<T>): Promise<T> {
    clearTimeout(this.idleTimer)
    if (this.current?.model !== model) {
      await this.end()
      this.current = { model, thread: this.start(model) }
    }
    try {
      return await work(this.current.thread.api)
    } catch (error) {
      if (FATAL_ERRORS.some((ErrorClass) => error instanceof ErrorClass)) await this.end()
      throw error
    } finally {
      clearTimeout(this.idleTimer)
      this.idleTimer = setTimeout(() => void this.end(), IDLE_MS)
    }
  }

  /** Ends the thread of this model, also while it is used. */
  release(model: string): void {
    if (this.current?.model === model) void this.end()
  }

  dispose(): void {
    void this.end()
  }

  private async end(): Promise<void> {
    clearTimeout(this.idleTimer)
    const { current } = this
    this.current = undefined
    await current?.thread.dispose()
  }
}
