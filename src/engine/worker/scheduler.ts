import type { Priority } from '../../shared/contracts/engineApi'
import { CancelledError } from '../../shared/errors'

interface Job {
  readonly priority: Priority
  readonly start: () => void
}

/**
 * Runs one step of work at a time, interactive ones first. ORT's run is synchronous and resolves as a
 * microtask, so after every step the worker gives up one macrotask: otherwise no cancel would ever reach it.
 */
export class Scheduler {
  private readonly queue: Job[] = []
  private busy = false

  constructor(private readonly nextMacrotask: () => Promise<void>) {}

  /** Resolves with the step's result; throws CancelledError where `signal` aborts before its turn has come. */
  run<T>(priority: Priority, signal: AbortSignal, step: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const start = () => {
        const running = signal.aborted ? Promise.reject(new CancelledError()) : step()
        running.then(resolve, reject).finally(() => void this.afterStep())
      }
      this.queue.push({ priority, start })
      if (!this.busy) this.startNext()
    })
  }

  private async afterStep(): Promise<void> {
    await this.nextMacrotask()
    this.startNext()
  }

  private startNext(): void {
    const interactive = this.queue.findIndex(({ priority }) => priority === 'interactive')
    const [job] = this.queue.splice(Math.max(interactive, 0), 1)
    this.busy = job !== undefined
    job?.start()
  }
}
