import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { FileLock, LOCK_LIMITS } from '../../../../../src/model/store/disk/fileLock'
import { CancelledError, ModelBusyError, ModelFilesError } from '../../../../../src/shared/errors'
import { temporaryFolder } from '../../../../support/checkpoints/checkpointTiny'
import { useFakeClock } from '../../../../support/fakes/fakeStore'

/** Heartbeats are frequent, and the holder does not count as dead even if the whole process is stopped for a while. */
const LIVE_HOLDER = { beatMs: 20, staleMs: 60_000 }
/** For holders without heartbeats. */
const DEAD_HOLDER = { beatMs: 20, staleMs: 100 }

const lockPath = async () => join(await temporaryFolder({}), 'lock')
const options = (onWait = () => {}, limits = LIVE_HOLDER, signal = new AbortController().signal) => ({
  limits,
  signal,
  onWait,
})

/** The id of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid ?? 0
}

describe('A lock', () => {
  it('is held by one at a time', async () => {
    const path = await lockPath()
    const first = await FileLock.acquire(path, options())
    expect(await FileLock.tryToAcquire(path, LIVE_HOLDER)).toBeUndefined()
    await first.release()
    expect(await FileLock.tryToAcquire(path, LIVE_HOLDER)).toBeDefined()
  })

  it('is not taken from a live holder, even after the time limit for holders without heartbeats', async () => {
    useFakeClock()
    const path = await lockPath()
    const timeOfBeat = async () => (await stat(path)).mtimeMs
    const limits = LOCK_LIMITS
    const first = await FileLock.acquire(path, options(undefined, limits))
    let waits = 0
    const second = FileLock.acquire(
      path,
      options(() => waits++, limits),
    )
    for (let elapsed = 0; elapsed < 2 * limits.staleMs; elapsed += limits.beatMs) {
      // Two timers: the holder's heartbeat and the pause of the waiting caller.
      await expect.poll(() => vi.getTimerCount()).toBe(2)
      const before = await timeOfBeat()
      vi.advanceTimersByTime(limits.beatMs)
      await expect.poll(timeOfBeat).toBeGreaterThan(before)
    }
    expect(waits).toBeGreaterThan(1)
    expect(first.lost.aborted).toBe(false)

    await first.release()
    await expect.poll(() => vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(limits.beatMs)
    await (await second).confirm()
    expect(first.lost.aborted).toBe(false)
  })

  it('whose name a folder has is refused at once, and the folder is kept', async () => {
    const path = await lockPath()
    await mkdir(path)
    await writeFile(join(path, 'note'), 'mine')
    const waiting = FileLock.acquire(path, options())
    await expect(waiting).rejects.toThrow(ModelFilesError)
    await expect(waiting).rejects.toThrow(
      `${path} is a folder, where Logitscope needs a file. Delete the folder.`,
    )
    expect(await readFile(join(path, 'note'), 'utf8')).toBe('mine')
  })

  it('is no longer waited for after a cancel', async () => {
    const path = await lockPath()
    await FileLock.acquire(path, options())
    const cancel = new AbortController()
    const waiting = FileLock.acquire(
      path,
      options(() => cancel.abort(), LIVE_HOLDER, cancel.signal),
    )
    await expect(waiting).rejects.toThrow(CancelledError)
  })

  it('is taken over at once from a process that has ended', async () => {
    const path = await lockPath()
    await writeFile(path, JSON.stringify({ pid: await deadProcess(), host: hostname(), id: 'x' }))
    const lock = await FileLock.tryToAcquire(path, LIVE_HOLDER)
    await lock?.confirm()
    expect(lock).toBeDefined()
  })

  it.each([
    ['an empty file, whose writer ended before it wrote', ''],
    ['of a process on another machine', JSON.stringify({ pid: 1, host: 'another', id: 'x' })],
    ['of another process with a reused number', JSON.stringify({ pid: 1, host: hostname(), id: 'x' })],
  ])('without heartbeats (%s) is taken over after a while', async (_, content) => {
    const path = await lockPath()
    await writeFile(path, content)
    expect(await FileLock.tryToAcquire(path, DEAD_HOLDER)).toBeUndefined()
    const lock = await FileLock.acquire(path, options(undefined, DEAD_HOLDER))
    await lock.confirm()
  })

  it('is not waited for after the first heartbeat, if the caller does not want to wait', async () => {
    const path = await lockPath()
    const first = await FileLock.acquire(path, options())
    let waits = 0
    const second = FileLock.acquireUnlessAlive(
      path,
      options(() => waits++),
    )
    expect(await second).toBeUndefined()
    expect(waits).toBeGreaterThan(0)
    await first.confirm()
  })

  it('that is released during the wait for a heartbeat is taken', async () => {
    const path = await lockPath()
    await writeFile(path, 'a holder that never beats')
    const release = () => void rm(path, { force: true })
    expect(await FileLock.acquireUnlessAlive(path, options(release))).toBeDefined()
  })

  it('is acquired by at most one of many that take it over at the same time', async () => {
    const path = await lockPath()
    await writeFile(path, JSON.stringify({ pid: await deadProcess(), host: hostname(), id: 'x' }))
    const locks = await Promise.all(
      Array.from({ length: 20 }, () => FileLock.tryToAcquire(path, LIVE_HOLDER)),
    )
    const confirmed = await Promise.allSettled(
      locks.map((lock) => lock?.confirm() ?? Promise.reject(new Error())),
    )
    expect(confirmed.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1)
  })

  it('that was taken away reports it, and is not removed by its former holder', async () => {
    const path = await lockPath()
    const lock = await FileLock.acquire(path, options())
    await writeFile(path, 'another holder')
    await expect(lock.confirm()).rejects.toThrow(ModelBusyError)
    expect(lock.lost.aborted).toBe(true)
    await lock.release()
    expect(await readFile(path, 'utf8')).toBe('another holder')
  })
})
