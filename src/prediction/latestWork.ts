import { delay } from '../shared/delay'

export interface WorkRequest<T> {
  /** What the work is about: the same words, the same result. */
  readonly about: string
  readonly work: (signal: AbortSignal) => Promise<T>
  /** Milliseconds. */
  readonly limit: number
  /** Ends the work while it is waited for, not any more once it goes on in the background. */
  readonly signal: AbortSignal
}

/** One piece of work at a time, the one that was asked for last; its result is kept until the next is asked for. */
export class LatestWork<T> {
  private current:
    { readonly about: string; readonly result: Promise<T>; readonly cancel: AbortController } | undefined

  /**
   * The result, or undefined where the limit has passed: the work then goes on, and who asks about the same again
   * gets it. Rejects with what the work rejects with.
   */
  async get({ about, work, limit, signal }: WorkRequest<T>): Promise<T | undefined> {
    signal.throwIfAborted()
    const { result, cancel } = this.current?.about === about ? this.current : this.start(about, work)
    const waiting = new AbortController()
    signal.addEventListener('abort', () => this.endIf(cancel), { signal: waiting.signal })
    try {
      return await Promise.race([result, passed(limit, waiting.signal)])
    } finally {
      waiting.abort()
    }
  }

  /** Ends the work and forgets the result. */
  end(): void {
    this.current?.cancel.abort()
    this.current = undefined
  }

  private start(about: string, work: WorkRequest<T>['work']) {
    this.end()
    const cancel = new AbortController()
    const result = work(cancel.signal)
    // Whoever waits sees the failure; in the background nobody does, and the next one tries again.
    result.catch(() => this.endIf(cancel))
    this.current = { about, result, cancel }
    return this.current
  }

  private endIf(cancel: AbortController): void {
    cancel.abort()
    if (this.current?.cancel === cancel) this.current = undefined
  }
}

/** Undefined after so many milliseconds; once the signal aborts nobody waits for it any more. */
function passed(ms: number, signal: AbortSignal): Promise<undefined> {
  return delay(ms, signal).then(
    () => undefined,
    () => undefined,
  )
}
