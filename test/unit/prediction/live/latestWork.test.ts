import { describe, expect, it, vi } from 'vitest'
import { LatestWork } from '../../../../src/prediction/live/latestWork'

const NOW = 0
const LONG_MS = 10_000
const unconcerned = new AbortController().signal

describe('LatestWork', () => {
  it('resolves to the result', async () => {
    const works = new LatestWork<string>()

    await expect(ask(works, 'a', started('A'))).resolves.toBe('A')
  })

  it('does not repeat work with the same key', async () => {
    const works = new LatestWork<string>()
    await ask(works, 'a', started('A'))

    await expect(ask(works, 'a', started('again'), NOW)).resolves.toBe('A')
  })

  it('continues slow work in the background and returns its result later', async () => {
    const works = new LatestWork<string>()
    const slow = new SlowWork()

    await expect(ask(works, 'a', slow.work, NOW)).resolves.toBeUndefined()
    slow.finish('A')
    await expect(ask(works, 'a', started('again'))).resolves.toBe('A')
  })

  it('cancels the work by the caller’s signal during the wait', async () => {
    const works = new LatestWork<string>()
    const slow = new SlowWork()
    const caller = new AbortController()
    const answer = works.get({ key: 'a', work: slow.work, limit: LONG_MS, signal: caller.signal })

    caller.abort()

    await expect(answer).rejects.toThrow('ended')
    await expect(ask(works, 'a', started('again'))).resolves.toBe('again')
  })

  it('does not cancel background work by the caller’s signal', async () => {
    const works = new LatestWork<string>()
    const slow = new SlowWork()
    const caller = new AbortController()
    await works.get({ key: 'a', work: slow.work, limit: NOW, signal: caller.signal })

    caller.abort()

    expect(slow.ended).toBe(false)
  })

  it('does not start work for an aborted signal', async () => {
    const work = vi.fn(started('A'))

    await expect(
      new LatestWork<string>().get({ key: 'a', work, limit: LONG_MS, signal: AbortSignal.abort() }),
    ).rejects.toThrow()
    expect(work).not.toHaveBeenCalled()
  })

  it('cancels the previous work', async () => {
    const works = new LatestWork<string>()
    const slow = new SlowWork()
    await ask(works, 'a', slow.work, NOW)

    await expect(ask(works, 'b', started('B'))).resolves.toBe('B')
    expect(slow.ended).toBe(true)
  })

  it('discards the result when it is cancelled', async () => {
    const works = new LatestWork<string>()
    const slow = new SlowWork()
    await ask(works, 'a', slow.work, NOW)

    works.cancel()

    expect(slow.ended).toBe(true)
    await expect(ask(works, 'a', started('again'))).resolves.toBe('again')
  })

  it('starts again after a failure', async () => {
    const works = new LatestWork<string>()
    await expect(ask(works, 'a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')

    await expect(ask(works, 'a', started('A'))).resolves.toBe('A')
  })
})

/** Work that the test finishes. */
class SlowWork {
  ended = false
  finish: (result: string) => void = () => undefined

  readonly work = (signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => {
      this.finish = resolve
      signal.addEventListener('abort', () => {
        this.ended = true
        reject(new Error('ended'))
      })
    })
}

function started(result: string): () => Promise<string> {
  return () => Promise.resolve(result)
}

function ask(
  works: LatestWork<string>,
  key: string,
  work: (signal: AbortSignal) => Promise<string>,
  limit = LONG_MS,
): Promise<string | undefined> {
  return works.get({ key, work, limit, signal: unconcerned })
}
