import { describe, expect, it, vi } from 'vitest'
import { LatestWork } from '../../../src/prediction/latestWork'

const NOW = 0
const LONG_MS = 10_000
const unconcerned = new AbortController().signal

describe('The latest work', () => {
  it('is answered with its result', async () => {
    const works = new LatestWork<string>()

    await expect(ask(works, 'a', started('A'))).resolves.toBe('A')
  })

  it('is not done again for who asks about the same', async () => {
    const works = new LatestWork<string>()
    await ask(works, 'a', started('A'))

    await expect(ask(works, 'a', started('again'), NOW)).resolves.toBe('A')
  })

  it('that takes too long goes on, and is there for who asks later', async () => {
    const works = new LatestWork<string>()
    const slow = new SlowWork()

    await expect(ask(works, 'a', slow.work, NOW)).resolves.toBeUndefined()
    slow.finish('A')
    await expect(ask(works, 'a', started('again'))).resolves.toBe('A')
  })

  it('is ended by its caller’s signal while that waits', async () => {
    const works = new LatestWork<string>()
    const slow = new SlowWork()
    const caller = new AbortController()
    const answer = works.get({ key: 'a', work: slow.work, limit: LONG_MS, signal: caller.signal })

    caller.abort()

    await expect(answer).rejects.toThrow('ended')
    await expect(ask(works, 'a', started('anew'))).resolves.toBe('anew')
  })

  it('is not ended by its caller’s signal once it goes on in the background', async () => {
    const works = new LatestWork<string>()
    const slow = new SlowWork()
    const caller = new AbortController()
    await works.get({ key: 'a', work: slow.work, limit: NOW, signal: caller.signal })

    caller.abort()

    expect(slow.ended).toBe(false)
  })

  it('is not begun for a caller who has gone', async () => {
    const work = vi.fn(started('A'))

    await expect(
      new LatestWork<string>().get({ key: 'a', work, limit: LONG_MS, signal: AbortSignal.abort() }),
    ).rejects.toThrow()
    expect(work).not.toHaveBeenCalled()
  })

  it('ends the one before', async () => {
    const works = new LatestWork<string>()
    const slow = new SlowWork()
    await ask(works, 'a', slow.work, NOW)

    await expect(ask(works, 'b', started('B'))).resolves.toBe('B')
    expect(slow.ended).toBe(true)
  })

  it('is forgotten when it is ended from outside', async () => {
    const works = new LatestWork<string>()
    const slow = new SlowWork()
    await ask(works, 'a', slow.work, NOW)

    works.cancel()

    expect(slow.ended).toBe(true)
    await expect(ask(works, 'a', started('anew'))).resolves.toBe('anew')
  })

  it('is tried again after it has failed', async () => {
    const works = new LatestWork<string>()
    await expect(ask(works, 'a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')

    await expect(ask(works, 'a', started('A'))).resolves.toBe('A')
  })
})

/** Is done when it is told to. */
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
