import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { CandidateSettings, Method } from './candidate'
import type { Answer, Command } from './candidateProcess'

/** A candidate in its own process; it runs one command at a time. */
export class CandidateClient {
  /** Resident bytes of its process after the last command. */
  resident = NaN
  /** The largest resident size of its process, in bytes. */
  peak = NaN
  private readonly child: ChildProcess

  constructor(script: string) {
    this.child = fork(script, {
      // Otherwise the native runtime of the peers sends telemetry while it is measured.
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
  }

  /** Loads the candidate and returns the milliseconds that it took. */
  load(settings: CandidateSettings): Promise<number> {
    return this.send({ kind: 'load', settings })
  }

  /** Runs a method and returns the milliseconds that it took. */
  run(method: Method, tokenIds: readonly number[]): Promise<number> {
    return this.send({ kind: 'run', method, tokenIds })
  }

  end(): void {
    this.child.disconnect()
  }

  private async send(command: Command): Promise<number> {
    const listening = new AbortController()
    const { signal } = listening
    this.child.send(command)
    try {
      const [answer] = (await Promise.race([
        once(this.child, 'message', { signal }),
        once(this.child, 'exit', { signal }).then(() => {
          throw new Error('the candidate’s process has ended')
        }),
      ])) as [Answer]
      if (answer.failure !== undefined) throw new Error(answer.failure)
      this.resident = answer.resident
      this.peak = answer.peak
      return answer.ms
    } finally {
      listening.abort()
    }
  }
}
