import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { CandidateSettings, Method } from './candidate'
import type { Answer, Command } from './candidateProcess'

/** A candidate in its process, told one thing at a time. */
export class CandidateClient {
  /** Bytes of its process after its last answer. */
  resident = NaN
  /** Bytes: the most that its process ever had. */
  peak = NaN
  private readonly child: ChildProcess

  constructor(script: string) {
    this.child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  }

  /** Milliseconds until it was ready. */
  load(settings: CandidateSettings): Promise<number> {
    return this.tell({ kind: 'load', settings })
  }

  /** Milliseconds that it took. */
  run(method: Method, tokenIds: readonly number[]): Promise<number> {
    return this.tell({ kind: 'run', method, tokenIds })
  }

  end(): void {
    this.child.disconnect()
  }

  private async tell(command: Command): Promise<number> {
    const told = new AbortController()
    const { signal } = told
    this.child.send(command)
    try {
      const [answer] = (await Promise.race([
        once(this.child, 'message', { signal }),
        once(this.child, 'exit', { signal }).then(() => {
          throw new Error('a candidate has ended')
        }),
      ])) as [Answer]
      if (answer.failure !== undefined) throw new Error(answer.failure)
      this.resident = answer.resident
      this.peak = answer.peak
      return answer.ms
    } finally {
      told.abort()
    }
  }
}
