import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type FileVersion,
  LogitsWatch,
  WATCH_INTERVAL_MS,
  type WatchState,
} from '../../../../src/features/check/session/logitsWatch'

/** A file at the edge: its version and what a check of it does are set by the test. */
class FakeFile {
  current: FileVersion | undefined
  readonly states: WatchState['kind'][] = []
  readonly signals: AbortSignal[] = []
  failure: Error | undefined
  statFailure: Error | undefined
  private ends: (() => void)[] = []

  readonly watch = new LogitsWatch({
    version: () =>
      this.statFailure === undefined ? Promise.resolve(this.current) : Promise.reject(this.statFailure),
    check: (signal) => {
      this.signals.push(signal)
      return new Promise((resolve, reject) => {
        this.ends.push(() => {
          if (this.failure === undefined) resolve()
          else reject(this.failure)
        })
      })
    },
    isIncomplete: (error) => error instanceof RangeError,
    onState: ({ kind }) => this.states.push(kind),
  })

  write(size: number): void {
    this.current = { mtime: Date.now(), size }
  }

  /** Ends the newest check. */
  async endCheck(): Promise<void> {
    this.ends.pop()?.()
    await vi.advanceTimersByTimeAsync(0)
  }
}

describe('The watch of a file of logits', () => {
  let file: FakeFile

  beforeEach(() => {
    vi.useFakeTimers()
    file = new FakeFile()
  })

  afterEach(() => {
    file.watch.dispose()
    vi.useRealTimers()
  })

  /** Starts watching a file that was written before. */
  async function watchWritten(): Promise<void> {
    file.write(100)
    file.watch.start()
    await intervals(1)
  }

  it('waits for a file that does not exist, and says so once', async () => {
    file.watch.start()
    await intervals(3)
    expect(file.states).toEqual(['waiting'])
  })

  it('checks a file after an interval without a change', async () => {
    await watchWritten()
    await file.endCheck()
    expect(file.states).toEqual(['writing', 'checking', 'checked'])
  })

  it('checks a version only once', async () => {
    await watchWritten()
    await file.endCheck()
    await intervals(5)
    expect(file.signals).toHaveLength(1)
  })

  it('does not check a file while it grows', async () => {
    file.watch.start()
    for (let size = 1; size <= 4; size++) {
      file.write(size)
      await intervals(1)
    }
    expect(file.signals).toHaveLength(0)
  })

  it('cancels the check of an older version when the file is written again', async () => {
    await watchWritten()
    file.write(200)
    await intervals(1)
    expect(file.signals.map(({ aborted }) => aborted)).toEqual([true])
  })

  it('reports nothing of a check that a newer write has cancelled', async () => {
    await watchWritten()
    file.write(200)
    await intervals(1)
    await file.endCheck()
    expect(file.states).toEqual(['writing', 'checking', 'writing'])
  })

  it('waits for the rest of a file that ends early', async () => {
    await watchWritten()
    file.failure = new RangeError('the file ends early')
    await file.endCheck()
    expect(file.states.at(-1)).toBe('writing')
  })

  it('reports a file that ends early and does not grow', async () => {
    await watchWritten()
    file.failure = new RangeError('the file ends early')
    await file.endCheck()
    await intervals(6)
    expect(file.states.at(-1)).toBe('failed')
  })

  it('checks a file that ended early when its rest is written', async () => {
    await watchWritten()
    file.failure = new RangeError('the file ends early')
    await file.endCheck()
    file.failure = undefined
    file.write(200)
    await intervals(2)
    await file.endCheck()
    expect(file.states).toEqual(['writing', 'checking', 'writing', 'writing', 'checking', 'checked'])
  })

  it('reports any other error at once', async () => {
    await watchWritten()
    file.failure = new Error('no such array')
    await file.endCheck()
    expect(file.states.at(-1)).toBe('failed')
  })

  it('stays cancelled until the next write', async () => {
    await watchWritten()
    file.watch.cancel()
    await intervals(3)
    expect(file.states.at(-1)).toBe('cancelled')
  })

  it('checks an unchanged file again on request', async () => {
    await watchWritten()
    await file.endCheck()
    file.watch.checkAgain()
    await intervals(1)
    expect(file.signals).toHaveLength(2)
  })

  it('does not check the version again that was checked before a reload', async () => {
    file.write(100)
    file.watch.start(file.current)
    await intervals(3)
    expect(file.signals).toHaveLength(0)
  })

  it('cancels the check of a file that is deleted, and waits for it', async () => {
    await watchWritten()
    file.current = undefined
    await intervals(1)
    expect([file.signals[0]?.aborted, file.states.at(-1)]).toEqual([true, 'waiting'])
  })

  it('checks a file that could not be read at first', async () => {
    file.statFailure = new Error('permission denied')
    file.watch.start()
    await intervals(1)
    file.statFailure = undefined
    file.write(100)
    await intervals(2)
    expect(file.states).toEqual(['failed', 'writing', 'checking'])
  })

  it('ends with its check when it is disposed', async () => {
    await watchWritten()
    file.watch.dispose()
    expect(file.signals.map(({ aborted }) => aborted)).toEqual([true])
  })
})

async function intervals(count: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(count * WATCH_INTERVAL_MS)
}
