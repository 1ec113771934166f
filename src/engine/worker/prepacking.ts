import { fork } from 'node:child_process'
import type { EngineOptions } from '../contract/engineOptions'
import type { NativeModel } from './nativeModel'

/** The argument with which the engine's process makes a form. */
export const PREPACK = 'prepack'

/** Milliseconds without a message after which the user waits for no answer. */
const IDLE_MS = 5000

/** Makes the prepacked form of an engine's model once, in another process, because that would block this one for seconds. */
export class Prepacking {
  private timer: NodeJS.Timeout | undefined
  private isStarted = false

  constructor(
    private readonly options: EngineOptions,
    private readonly model: Pick<NativeModel, 'isFormWanted'>,
  ) {}

  /** Starts if no call follows for a while. */
  startWhenIdle(): void {
    clearTimeout(this.timer)
    if (this.isStarted || !this.model.isFormWanted) return
    this.timer = setTimeout(() => {
      this.start()
    }, IDLE_MS)
  }

  private start(): void {
    this.isStarted = true
    const [, script = ''] = process.argv
    // It ends with this process, whose end closes the channel.
    const child = fork(script, [JSON.stringify(this.options), PREPACK], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    // A process that cannot be started makes no form.
    child.on('error', () => undefined)
  }
}
