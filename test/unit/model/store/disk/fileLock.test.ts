import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileLock } from '../../../../../src/model/store/disk/fileLock'
import { CancelledError, ModelBusyError } from '../../../../../src/shared/errors'
import { temporaryFolder } from '../../../../support/checkpoints/checkpointTiny'

const LIMITS = { beatMs: 20, staleMs: 200 }
const lockPath = async () => join(await temporaryFolder({}), 'lock')
const options = (onWait = () => {}, signal = new AbortController().signal) => ({
  limits: LIMITS,
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
    expect(await FileLock.tryToAcquire(path, LIMITS)).toBeUndefined()
    await first.release()
    expect(await FileLock.tryToAcquire(path, LIMITS)).toBeDefined()
  })

  it('is waited for, longer than a dead holder would be', async () => {
    const path = await lockPath()
    const first = await FileLock.acquire(path, options())
    const since = performance.now()
    let waits = 0
    const second = FileLock.acquire(
      path,
      options(() => {
        waits++
        if (performance.now() - since > 3 * LIMITS.staleMs) void first.release()
      }),
    )
    await (await second).confirm()
    expect(waits).toBeGreaterThan(1)
    expect(first.lost.aborted).toBe(false)
  })

  it('is not waited for any longer when that is cancelled', async () => {
    const path = await lockPath()
    await FileLock.acquire(path, options())
    const cancel = new AbortController()
    const waiting = FileLock.acquire(
      path,
      options(() => cancel.abort(), cancel.signal),
    )
    await expect(waiting).rejects.toThrow(CancelledError)
  })

  it('of a process that has ended is taken over at once', async () => {
    const path = await lockPath()
    await writeFile(path, JSON.stringify({ pid: await deadProcess(), host: hostname(), id: 'x' }))
    const lock = await FileLock.tryToAcquire(path, LIMITS)
    await lock?.confirm()
    expect(lock).toBeDefined()
  })

  it.each([
    ['an empty file, whose writer ended in between', ''],
    ['a process of another machine that shows no life', JSON.stringify({ pid: 1, host: 'another', id: 'x' })],
    [
      'a living process that does not beat: its number was given anew',
      JSON.stringify({ pid: 1, host: hostname(), id: 'x' }),
    ],
  ])('that is %s is taken over after a while', async (_, content) => {
    const path = await lockPath()
    await writeFile(path, content)
    expect(await FileLock.tryToAcquire(path, LIMITS)).toBeUndefined()
    const lock = await FileLock.acquire(path, options())
    await lock.confirm()
  })

  it('is given up as soon as its holder shows that it lives, where nobody wants to wait', async () => {
    const path = await lockPath()
    const first = await FileLock.acquire(path, options())
    let waits = 0
    const limits = { ...LIMITS, staleMs: Infinity }
    const second = FileLock.acquireUnlessAlive(path, { ...options(() => waits++), limits })
    expect(await second).toBeUndefined()
    expect(waits).toBeGreaterThan(0)
    await first.confirm()
  })

  it('that is released while a sign of life is waited for is taken', async () => {
    const path = await lockPath()
    await writeFile(path, 'held by nobody who beats')
    const limits = { ...LIMITS, staleMs: Infinity }
    const release = () => void rm(path, { force: true })
    expect(await FileLock.acquireUnlessAlive(path, { ...options(release), limits })).toBeDefined()
  })

  it('goes to one of many that take it over at the same time', async () => {
    const path = await lockPath()
    await writeFile(path, JSON.stringify({ pid: await deadProcess(), host: hostname(), id: 'x' }))
    const locks = await Promise.all(Array.from({ length: 20 }, () => FileLock.tryToAcquire(path, LIMITS)))
    const confirmed = await Promise.allSettled(
      locks.map((lock) => lock?.confirm() ?? Promise.reject(new Error())),
    )
    expect(confirmed.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1)
  })

  it('that was taken away says so, and is not removed by the one who lost it', async () => {
    const path = await lockPath()
    const lock = await FileLock.acquire(path, options())
    await writeFile(path, 'another’s')
    await expect(lock.confirm()).rejects.toThrow(ModelBusyError)
    expect(lock.lost.aborted).toBe(true)
    await lock.release()
    expect(await readFile(path, 'utf8')).toBe('another’s')
  })
})
