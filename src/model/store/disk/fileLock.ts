// A lock between windows: a file that says who holds it. Node has no lock that the system lets go of with the
// process, so a holder shows that it lives: its process does, and it touches the file every few seconds.

import { randomUUID } from 'node:crypto'
import { link, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { CancelledError, ModelBusyError } from '../../../shared/errors'

export interface LockLimits {
  /** Milliseconds between two signs of life. */
  readonly beatMs: number
  /** Milliseconds without one after which a holder counts as dead whatever its process does. */
  readonly staleMs: number
}

export const LOCK_LIMITS: LockLimits = { beatMs: 2000, staleMs: 20_000 }

export interface LockOptions {
  readonly limits: LockLimits
  readonly signal: AbortSignal
  /** Another one holds it; called again and again while that is so. */
  readonly onWait: () => void
}

/** Holds the lock for as long as it is not released, or taken away. */
export class FileLock {
  private readonly lostSignal = new AbortController()
  private readonly beats: NodeJS.Timeout

  private constructor(
    private readonly path: string,
    private readonly content: string,
    beatMs: number,
  ) {
    this.beats = setInterval(() => void this.beat(), beatMs)
    this.beats.unref()
  }

  /** Waits until nobody holds it; throws CancelledError. */
  static async acquire(path: string, options: LockOptions): Promise<FileLock> {
    for (;;) {
      const lock = await FileLock.acquireUnlessAlive(path, options)
      if (lock !== undefined) return lock
    }
  }

  /**
   * Undefined as soon as the holder shows that it lives, which may take a few beats; one that does not is waited for
   * no longer than `staleMs`. Throws CancelledError.
   */
  static async acquireUnlessAlive(
    path: string,
    { limits, signal, onWait }: LockOptions,
  ): Promise<FileLock | undefined> {
    let seen: { readonly sign: string; readonly since: number } | undefined
    for (;;) {
      const lock = await FileLock.tryToAcquire(path, limits)
      if (lock !== undefined) return lock
      onWait()
      // By this process’s own clock: that of another machine may be wrong, and stands still while it sleeps.
      const sign = await signOfLife(path)
      seen ??= { sign, since: performance.now() }
      // It may have been a last one, of the release.
      if (seen.sign !== sign) return FileLock.tryToAcquire(path, limits)
      if (performance.now() - seen.since > limits.staleMs) await takeAway(path, await contentOf(path))
      await setTimeout(limits.beatMs / 4, undefined, { signal }).catch(() => {
        throw new CancelledError()
      })
    }
  }

  /** Undefined where somebody holds it who is not known to be dead. */
  static async tryToAcquire(path: string, { beatMs }: LockLimits): Promise<FileLock | undefined> {
    const content = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() })
    for (;;) {
      try {
        await writeFile(path, content, { flag: 'wx' })
        await removeLeftAside(path)
        return new FileLock(path, content, beatMs)
      } catch (error) {
        // A full disk takes the name and not the content, and an empty lock would be nobody's.
        if (isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT')) await rm(path, { force: true })
        if (!isCode(error, 'EEXIST')) throw error
      }
      const holder = await contentOf(path)
      if (!isOfDeadProcess(holder) || !(await takeAway(path, holder))) return undefined
    }
  }

  /** Aborts when somebody has taken it away, who took this process for dead. */
  get lost(): AbortSignal {
    return this.lostSignal.signal
  }

  /** Throws ModelBusyError where it was taken away. */
  async confirm(): Promise<void> {
    await this.beat()
    this.lost.throwIfAborted()
  }

  async release(): Promise<void> {
    clearInterval(this.beats)
    await takeAway(this.path, this.content)
  }

  private async beat(): Promise<void> {
    const isHeld = (await contentOf(this.path)) === this.content
    const now = new Date()
    if (isHeld) await utimes(this.path, now, now).catch(() => undefined)
    else
      this.lostSignal.abort(
        new ModelBusyError('Another window has taken over: this one stood still for too long.'),
      )
  }
}

/** Changes as long as the holder lives. */
async function signOfLife(path: string): Promise<string> {
  const time = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
  return `${time} ${await contentOf(path)}`
}

/** Undefined where nobody holds it. */
function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

function isOfDeadProcess(content: string | undefined): boolean {
  if (content === undefined) return false
  let holder: { readonly pid?: unknown; readonly host?: unknown } | null
  try {
    holder = JSON.parse(content) as typeof holder
  } catch {
    // It is being written, or its writer died in between; time will tell.
    return false
  }
  const pid = holder?.pid
  if (holder?.host !== hostname() || !Number.isSafeInteger(pid) || (pid as number) < 1) return false
  try {
    process.kill(pid as number, 0)
    return false
  } catch (error) {
    return isCode(error, 'ESRCH')
  }
}

/**
 * Removes the lock if it is still this one: between a look and a removal it may have become another’s.
 * False where the system does not let it go.
 */
async function takeAway(path: string, content: string | undefined): Promise<boolean> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
  } catch (error) {
    return isCode(error, 'ENOENT')
  }
  if ((await contentOf(aside)) !== content) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
  return true
}

/** What a process has put aside that was ended before it could remove it. */
async function removeLeftAside(path: string): Promise<void> {
  const folder = dirname(path)
  const aside = (await readdir(folder)).filter((name) => name.startsWith(`${basename(path)}.`))
  await Promise.all(aside.map((name) => rm(join(folder, name), { force: true })))
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
