// Which processes have a stored model mapped into memory. A mapped file keeps its space on the disk when it is deleted, and
// Windows does not let it be deleted or replaced. A use is a lock file in the store, so the rules of locks tell whether its
// process still runs.

import { randomUUID } from 'node:crypto'
import { mkdir, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ModelLocation } from '../../../shared/contracts/engine/engineApi'
import { FileLock, type LockLimits, type LockOptions } from './fileLock'

export interface ModelUsesOptions {
  /** The store's folder. */
  readonly folder: string
  /** This window, as other windows name it: `the window “notes”`. */
  readonly window: () => string
  /** Ends this window's engine if it has the model with this id. Its process may end later. */
  readonly release: (id: string) => void
  readonly limits?: LockLimits
}

/** Less frequent than those of other locks, because a use lasts as long as the window. */
const USE_LIMITS: LockLimits = { beatMs: 5000, staleMs: 30_000 }

/** Records which of the store's models this window uses, and reads what other windows have recorded. */
export class ModelUses {
  /** Paths of this window's locks, with promises that resolve when the process has ended and its lock is released. */
  private readonly own = new Map<string, Promise<void>>()
  private readonly folder: string
  private readonly limits: LockLimits

  constructor(private readonly options: ModelUsesOptions) {
    this.folder = join(options.folder, '.uses')
    this.limits = options.limits ?? USE_LIMITS
  }

  /** Records that this window uses the model until `ended` resolves. Ignores a model that is not in the store. */
  add({ id, folder }: Pick<ModelLocation, 'id' | 'folder'>, ended: Promise<unknown>): void {
    if (dirname(folder) !== this.options.folder) return
    const path = join(this.folder, `${id}.${randomUUID()}`)
    const lock = this.lock(path)
    this.own.set(path, this.releaseAfter(ended, { path, lock }))
  }

  /**
   * The name of another window whose process uses the model; undefined if no other window does. Waits for a heartbeat of
   * that window.
   * @throws CancelledError
   */
  async otherWindow(id: string, wait: Pick<LockOptions, 'signal' | 'onWait'>): Promise<string | undefined> {
    const paths = (await this.paths(id)).filter((path) => !this.own.has(path))
    const names = await Promise.all(
      paths.map(async (path) => {
        const lock = await FileLock.acquireUnlessAlive(path, { ...wait, limits: this.limits })
        if (lock === undefined) return FileLock.holderOf(path)
        await lock.release()
        return undefined
      }),
    )
    return names.find((name) => name !== undefined)
  }

  /** Ends this window's processes that use the model, and waits until they have ended. */
  async endOwn(id: string): Promise<void> {
    const uses = [...this.own].flatMap(([path, ended]) => (this.isOf(id, path) ? [ended] : []))
    if (uses.length === 0) return
    this.options.release(id)
    await Promise.all(uses)
  }

  /** Undefined if the store's folder cannot be written: the model is used without a record. */
  private async lock(path: string): Promise<FileLock | undefined> {
    try {
      await mkdir(this.folder, { recursive: true })
      return await FileLock.tryToAcquire(path, this.limits, this.options.window())
    } catch {
      return undefined
    }
  }

  private async releaseAfter(
    ended: Promise<unknown>,
    { path, lock }: { readonly path: string; readonly lock: Promise<FileLock | undefined> },
  ): Promise<void> {
    await ended
    await (await lock)?.release()
    this.own.delete(path)
  }

  private async paths(id: string): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => [])
    return names.map((name) => join(this.folder, name)).filter((path) => this.isOf(id, path))
  }

  private isOf(id: string, path: string): boolean {
    return path.startsWith(join(this.folder, `${id}.`))
  }
}
