import { delay } from '../../shared/delay'

export interface WorkRequest<T> {
  /** Identifies the result: requests with the same key share one run. */
  readonly key: string
  readonly work: (signal: AbortSignal) => Promise<T>
  /** The longest time to wait for the result, in milliseconds. */
  readonly limit: number
  /** Cancels the work during the wait; has no effect once the limit has passed. */
  readonly signal: AbortSignal
}

/** Runs one piece of work at a time, the most recently requested; keeps its result until another is requested. */
export class LatestWork<T> {
  private current:
    { readonly key: string; readonly result: Promise<T>; readonly cancel: AbortController } | undefined

  /**
   * Resolves to the result, or to undefined after the limit. The work then continues in the background, and a later
   * request with the same key gets its result.
   * @throws what the work throws, and the signal's reason if it is already aborted
   */
  async get({ key, work, limit, signal }: WorkRequest<T>): Promise<T | undefined> {
    signal.throwIfAborted()
    const { result, cancel } = this.current?.key === key ? this.current : this.start(key, work)
    const waiting = new AbortController()
    signal.addEventListener('abort', () => this.cancelIfCurrent(cancel), { signal: waiting.signal })
    try {
      return await Promise.race([result, timeLimit(limit, waiting.signal)])
    } finally {
      waiting.abort()
    }
  }

  /** Cancels the work and discards the result. */
  cancel(): void {
    this.current?.cancel.abort()
    this.current = undefined
  }

  private start(key: string, work: WorkRequest<T>['work']) {
    this.cancel()
    const cancel = new AbortController()
    const result = work(cancel.signal)
    // A caller that waits gets the rejection. In the background it is dropped, and the next request starts again.
    result.catch(() => this.cancelIfCurrent(cancel))
    this.current = { key, result, cancel }
    return this.current
  }

  private cancelIfCurrent(cancel: AbortController): void {
    cancel.abort()
    if (this.current?.cancel === cancel) this.current = undefined
  }
}

/** Resolves to undefined after `ms` milliseconds, or when the signal aborts, which stops the timer. */
function timeLimit(ms: number, signal: AbortSignal): Promise<undefined> {
  return delay(ms, signal).then(
    () => undefined,
    () => undefined,
  )
}
