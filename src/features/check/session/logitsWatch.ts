import { delay } from '../../../shared/delay'

/** Two versions of a file are the same if both fields are. */
export interface FileVersion {
  /** Milliseconds. */
  readonly mtime: number
  /** Bytes. */
  readonly size: number
}

export type WatchState =
  /** The file does not exist. */
  | { readonly kind: 'waiting' }
  /** The file has changed within the last interval, or ends early. */
  | { readonly kind: 'writing' }
  | { readonly kind: 'checking' }
  /** The check of this version has ended. */
  | { readonly kind: 'checked'; readonly version: FileVersion }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'cancelled' }

export interface WatchOptions {
  /** Undefined if the file does not exist. */
  readonly version: () => Promise<FileVersion | undefined>
  /** Checks the file as it is. A newer write aborts the signal. */
  readonly check: (signal: AbortSignal) => Promise<void>
  /** Whether the error may be that of a file which is still being written. */
  readonly isIncomplete: (error: unknown) => boolean
  readonly onState: (state: WatchState) => void
}

/** How often the file is looked at; a write counts as complete after one interval without a change. */
export const WATCH_INTERVAL_MS = 500
/** An incomplete file that does not change for this many intervals stays incomplete. */
const INCOMPLETE_INTERVALS = 6

/**
 * Watches a file by its size and time, and checks every version of it that stays for an interval. Events of file systems
 * are not used: they are lost on network drives, in containers, and in a window that has just opened.
 */
export class LogitsWatch {
  private readonly lifetime = new AbortController()
  private state: WatchState['kind'] | undefined
  /** The version at the last look; undefined if the file does not exist. */
  private seen: FileVersion | undefined
  /** The version whose check has begun, or is not needed. */
  private handled: FileVersion | undefined
  private running: AbortController | undefined
  /** The error of an incomplete file, and the intervals until it is reported. */
  private incomplete: { readonly error: unknown; intervals: number } | undefined

  constructor(private readonly options: WatchOptions) {}

  /** @param checked the version whose check had ended before a reload of the window */
  start(checked?: FileVersion): void {
    this.seen = checked
    this.handled = checked
    void this.run()
  }

  /** Checks the file again, although it has not changed. */
  checkAgain(): void {
    this.stopCheck()
    this.handled = undefined
    this.incomplete = undefined
  }

  /** Ends the current check. The next write starts another one. */
  cancel(): void {
    if (this.running === undefined) return
    this.stopCheck()
    this.become({ kind: 'cancelled' })
  }

  dispose(): void {
    this.stopCheck()
    this.lifetime.abort()
  }

  private async run(): Promise<void> {
    const { signal } = this.lifetime
    for (;;) {
      try {
        const version = await this.options.version()
        if (this.isDisposed) return
        this.look(version)
        await delay(WATCH_INTERVAL_MS, signal)
      } catch (error) {
        if (this.isDisposed) return
        // The file may be readable again later.
        if (this.state !== 'failed') this.become({ kind: 'failed', error })
        await delay(WATCH_INTERVAL_MS, signal).catch(() => undefined)
      }
    }
  }

  private look(version: FileVersion | undefined): void {
    const hasChanged = !isSame(version, this.seen)
    this.seen = version
    if (version === undefined) {
      this.stopCheck()
      this.handled = undefined
      if (this.state !== 'waiting') this.become({ kind: 'waiting' })
    } else if (hasChanged) {
      this.stopCheck()
      this.incomplete = undefined
      this.become({ kind: 'writing' })
    } else if (this.incomplete !== undefined) this.waitForRest(this.incomplete)
    else if (!isSame(version, this.handled)) void this.check(version)
  }

  private waitForRest(incomplete: { readonly error: unknown; intervals: number }): void {
    incomplete.intervals--
    if (incomplete.intervals > 0) return
    this.incomplete = undefined
    this.become({ kind: 'failed', error: incomplete.error })
  }

  private async check(version: FileVersion): Promise<void> {
    const running = new AbortController()
    this.running = running
    this.handled = version
    this.become({ kind: 'checking' })
    try {
      await this.options.check(running.signal)
      if (!this.end(running)) return
      this.become({ kind: 'checked', version })
    } catch (error) {
      if (!this.end(running)) return
      if (this.options.isIncomplete(error)) {
        this.incomplete = { error, intervals: INCOMPLETE_INTERVALS }
        this.become({ kind: 'writing' })
      } else this.become({ kind: 'failed', error })
    }
  }

  /** False if the check was stopped before it ended. */
  private end(running: AbortController): boolean {
    if (this.running !== running) return false
    this.running = undefined
    return true
  }

  private stopCheck(): void {
    this.running?.abort()
    this.running = undefined
  }

  private become(state: WatchState): void {
    this.state = state.kind
    this.options.onState(state)
  }

  private get isDisposed(): boolean {
    return this.lifetime.signal.aborted
  }
}

function isSame(a: FileVersion | undefined, b: FileVersion | undefined): boolean {
  return a?.mtime === b?.mtime && a?.size === b?.size
}
