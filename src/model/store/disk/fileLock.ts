// A lock between windows: a file that says which process holds it. Node has no lock that the system releases when the
// process ends. So a lock is taken over if its process has ended, or if its holder no longer touches the file.

import { randomUUID } from 'node:crypto'
import { link, lstat, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { delay } from '../../../shared/delay'
import { CancelledError, ModelBusyError, ModelFilesError } from '../../../shared/errors'
import { isRecord } from '../../../shared/isRecord'
import { isDiskFull } from '../storeFaults'

export interface LockLimits {
  /** Milliseconds between two heartbeats of the holder. */
  readonly beatMs: number
  /** Milliseconds without a heartbeat after which the holder counts as dead, even if its process runs. */
  readonly staleMs: number
}

export const LOCK_LIMITS: LockLimits = { beatMs: 2000, staleMs: 20_000 }

export interface LockOptions {
  readonly limits: LockLimits
  readonly signal: AbortSignal
  /** Another holder has the lock; called again on every retry. */
  readonly onWait: () => void
}

/** A lock that is held until it is released or taken away. */
export class FileLock {
  /** Waits until the lock is free; throws CancelledError. */
  static async acquire(path: string, options: LockOptions): Promise<FileLock> {
    for (;;) {
      const lock = await FileLock.acquireUnlessAlive(path, options)
      if (lock !== undefined) return lock
    }
  }

  /**
   * Waits for a heartbeat of the holder, and resolves to undefined as soon as there is one. Takes the lock if there is
   * none for `staleMs`. Throws CancelledError.
   */
  static async acquireUnlessAlive(
    path: string,
    { limits, signal, onWait }: LockOptions,
  ): Promise<FileLock | undefined> {
    let seen: { readonly heartbeat: string; readonly since: number } | undefined
    for (;;) {
      const lock = await FileLock.tryToAcquire(path, limits)
      if (lock !== undefined) return lock
      onWait()
      // Measured with this process's clock: the file's time may be of another machine, and stops while it sleeps.
      const heartbeat = await heartbeatOf(path)
      seen ??= { heartbeat, since: performance.now() }
      // The change may also be that the lock was released.
      if (seen.heartbeat !== heartbeat) return FileLock.tryToAcquire(path, limits)
      if (performance.now() - seen.since > limits.staleMs) await takeAway(path, await contentOf(path))
      await delay(limits.beatMs / 4, signal).catch(() => {
        throw new CancelledError()
      })
    }
  }

  /**
   * Takes the lock if it is free or its process has ended; otherwise undefined.
   * @param holder what `holderOf` returns while the lock is held
   * @throws ModelFilesError if a folder has the lock's name, and the errors of the disk
   */
  static async tryToAcquire(
    path: string,
    { beatMs }: LockLimits,
    holder?: string,
  ): Promise<FileLock | undefined> {
    const content = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID(), holder })
    for (;;) {
      try {
        await writeFile(path, content, { flag: 'wx' })
        await removeLeftAside(path)
        return new FileLock(path, content, beatMs)
      } catch (error) {
        // A full disk creates the file without its content, and an empty lock has no holder.
        if (isDiskFull(error)) await rm(path, { force: true })
        if (!hasCode(error, 'EEXIST')) throw error
      }
      await refuseFolder(path)
      const present = await contentOf(path)
      if (!isOfDeadProcess(present) || !(await takeAway(path, present))) return undefined
    }
  }

  /** The name that the holder gave itself; undefined if it gave none or the lock is free. */
  static async holderOf(path: string): Promise<string | undefined> {
    const { holder } = parsed(await contentOf(path))
    return typeof holder === 'string' ? holder : undefined
  }

  private readonly lostSignal = new AbortController()
  private readonly heartbeats: NodeJS.Timeout

  private constructor(
    private readonly path: string,
    private readonly content: string,
    beatMs: number,
  ) {
    this.heartbeats = setInterval(() => void this.beat(), beatMs)
    this.heartbeats.unref()
  }

  /** Aborts when another process has taken the lock because it considered this one dead. */
  get lost(): AbortSignal {
    return this.lostSignal.signal
  }

  /** Throws ModelBusyError if the lock was taken away. */
  async confirm(): Promise<void> {
    await this.beat()
    this.lost.throwIfAborted()
  }

  async release(): Promise<void> {
    clearInterval(this.heartbeats)
    await takeAway(this.path, this.content)
  }

  private async beat(): Promise<void> {
    const isHeld = (await contentOf(this.path)) === this.content
    const now = new Date()
    if (isHeld) await utimes(this.path, now, now).catch(() => undefined)
    else
      this.lostSignal.abort(
        new ModelBusyError(
          'Another window is working on the model now, because this window did not respond. Wait until it has finished.',
        ),
      )
  }
}

/** A folder is no lock of any process, so it would be waited for in vain, and what is in it may be the user's. */
async function refuseFolder(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isDirectory() === true)
    throw new ModelFilesError(`${path} is a folder, where Logitscope needs a file. Delete the folder.`)
}

/** A text that changes with every heartbeat of the holder. */
async function heartbeatOf(path: string): Promise<string> {
  const time = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
  return `${time} ${await contentOf(path)}`
}

/** Undefined if the lock is free. */
function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

function isOfDeadProcess(content: string | undefined): boolean {
  const pid = pidOnThisMachine(content)
  if (pid === undefined) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return hasCode(error, 'ESRCH')
  }
}

/** Undefined for a lock of another machine, and for one that is being written or whose writer ended in between. */
function pidOnThisMachine(content: string | undefined): number | undefined {
  const { pid, host } = parsed(content)
  if (host !== hostname()) return undefined
  return typeof pid === 'number' && Number.isSafeInteger(pid) && pid >= 1 ? pid : undefined
}

/** Empty for a free lock, and for one that is being written. */
function parsed(content: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(content ?? '')
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

/**
 * Removes the lock if it still has this content. It is moved aside first and put back if another process has taken it
 * in the meantime. Resolves to false if the system does not let it be removed.
 */
async function takeAway(path: string, content: string | undefined): Promise<boolean> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
  } catch (error) {
    return hasCode(error, 'ENOENT')
  }
  if ((await contentOf(aside)) !== content) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
  return true
}

/** Removes lock files that a process moved aside but did not remove before it ended. */
async function removeLeftAside(path: string): Promise<void> {
  const folder = dirname(path)
  const aside = (await readdir(folder)).filter((name) => name.startsWith(`${basename(path)}.`))
  await Promise.all(aside.map((name) => rm(join(folder, name), { force: true })))
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
