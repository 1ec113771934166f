import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { CandidateSettings, Method } from './candidate'
import type { Answer, Command } from './candidateProcess'
import type { ProcessMemory } from './processMemory'

/** A candidate in its own process; it runs one command at a time. */
export class CandidateClient {
  private measured: ProcessMemory | undefined
  private readonly child: ChildProcess

  constructor(script: string) {
    this.child = fork(script, {
      // Otherwise the native runtime of the peers sends telemetry while it is measured.
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
  }

  /** Of the process that has the model, after the last command. */
  get memory(): ProcessMemory {
    if (this.measured === undefined) throw new Error('the candidate has run no command')
    return this.measured
  }

  /** Loads the candidate and returns the milliseconds that it took. */
  load(settings: CandidateSettings): Promise<number> {
    return this.send({ kind: 'load', settings })
  }

  /** Runs a method and returns the milliseconds that it took. */
  run(method: Method, tokenIds: readonly number[]): Promise<number> {
    return this.send({ kind: 'run', method, tokenIds })
  }

  /** Resolves when its process has ended: files that it still maps would count for others in part only. */
  async end(): Promise<void> {
    const exit = once(this.child, 'exit')
    this.child.disconnect()
    await exit
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
      if (answer.kind === 'failed') throw new Error(answer.reason)
      this.measured = answer.memory
      return answer.ms
    } finally {
      listening.abort()
    }
  }
}
