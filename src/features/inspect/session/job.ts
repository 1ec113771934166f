import { CancelledError } from '../../../shared/errors'

/**
 * One piece of long work of a session: a run, from its preparation to its last token, or a comparison. It ends once: when
 * its work is complete or has failed, or when it is cancelled, and then its work stops as soon as it notices.
 */
export class Job {
  private readonly cancellation = new AbortController()

  /** Aborts with CancelledError when the job ends. */
  get signal(): AbortSignal {
    return this.cancellation.signal
  }

  get hasEnded(): boolean {
    return this.signal.aborted
  }

  /** Resolves when the job has ended: completed, failed or cancelled. */
  readonly ended = new Promise<void>((resolve) => {
    this.signal.addEventListener('abort', () => {
      resolve()
    })
  })

  /** Has no effect on a job that has ended. */
  end(): void {
    this.cancellation.abort(new CancelledError())
  }
}
