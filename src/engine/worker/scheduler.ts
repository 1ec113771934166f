import type { Priority } from '../../shared/contracts/engine/engineApi'
import { CancelledError } from '../../shared/errors'

interface Job {
  readonly priority: Priority
  readonly start: () => void
}

/**
 * Runs one step of work at a time, interactive steps first. ORT's run is synchronous and resolves as a microtask, so the
 * worker waits for a macrotask after every step: otherwise it would never receive a cancel.
 */
export class Scheduler {
  private readonly queue: Job[] = []
  private busy = false

  constructor(private readonly nextMacrotask: () => Promise<void>) {}

  /**
   * Queues a step and resolves with its result.
   * @throws CancelledError if `signal` aborts before the step starts
   */
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
