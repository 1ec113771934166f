import { existsSync } from 'node:fs'
import { mkdir, readdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { CancelledError, DiskSpaceError, ModelBusyError, ModelFilesError } from '../../../shared/errors'
import { formatBytes, formatCount } from '../../../shared/text/format'
import { WEIGHTS_FILE } from '../../formats/modelFiles'
import { type DownloadOptions, downloadWeights, type Hub } from '../../hub/download'
import type { PinnedModel } from '../../registry'
import type { PinnedModelStore } from '../pinnedModelStore'
import { isDiskFull, meaningOf, notPinned, otherFile } from '../storeFaults'
import type { ModelState, StoredModel, StoreOptions } from '../storeState'
import { downloadConfigFile, writeConfigFile } from './configFile'
import { storedBytes } from './diskNotes'
import { withFile } from './durableFiles'
import { type DigestOptions, startDigest } from './fileDigest'
import { FileLock, LOCK_LIMITS, type LockLimits, type LockOptions } from './fileLock'
import type { ModelUses } from './modelUses'
import { fillWithWeights } from './partialFile'
import { install, removeFolder, tidyUp, uninstall } from './replaceFolder'
import { type StorePaths, storePaths } from './storePaths'

export interface ModelStoreOptions {
  /** Created if it does not exist. */
  readonly folder: string
  readonly models: readonly PinnedModel[]
  /** The processes that have models mapped into memory; undefined if there are none. */
  readonly uses?: ModelUses
  /** Deletes what was derived from a model's files; called before they are deleted or replaced. */
  readonly deleteDerived?: (model: PinnedModel, folder: string) => Promise<void>
  readonly lockLimits?: LockLimits
  /** Free bytes on the disk of a folder. */
  readonly freeBytes?: (folder: string) => Promise<number>
}

/** Bytes that an installation leaves free on the disk. */
const SPARE_BYTES = 100e6

/**
 * The models of the registry on this machine: `<folder>/<id>/` is complete and verified, or does not exist.
 * One window at a time works on a model. All methods that take a signal throw CancelledError.
 */
export class ModelStore implements PinnedModelStore {
  private readonly lockLimits: LockLimits
  private readonly freeBytes: (folder: string) => Promise<number>

  constructor(private readonly options: ModelStoreOptions) {
    this.lockLimits = options.lockLimits ?? LOCK_LIMITS
    this.freeBytes = options.freeBytes ?? freeBytesOfDisk
  }

  get folder(): string {
    return this.options.folder
  }

  get models(): readonly PinnedModel[] {
    return this.options.models
  }

  find(id: string): PinnedModel | undefined {
    return this.models.find((model) => model.id === id)
  }

  folderOf(model: PinnedModel): string {
    return this.paths(model).installed
  }

  /** Checks only the files' names and sizes; `verify` also checks their content. */
  async list(): Promise<StoredModel[]> {
    return Promise.all(this.models.map(async (model) => ({ model, state: await this.stateOf(model) })))
  }

  async stateOf(model: PinnedModel): Promise<ModelState> {
    const { installed, download } = this.paths(model)
    if ((await storedBytes(installed, model)) === model.bytes) return { kind: 'installed' }
    const bytes = await storedBytes(download, model)
    return bytes === 0 ? { kind: 'absent' } : { kind: 'partial', bytes }
  }

  /**
   * Downloads what is missing of the model, verifies and installs it. Waits while another window does so.
   * @throws HubConnectionError or HubRefusalError, which keep the bytes received; PinnedFileError, which deletes them;
   * ModelConfigError, DiskSpaceError, ModelFilesError
   */
  async install(model: PinnedModel, hub: Hub, { signal, onProgress }: StoreOptions): Promise<void> {
    const { download } = this.paths(model)
    await this.makeFolder(model)
    const lock = await this.lock(model, { signal, onProgress })
    await this.holding(lock, { model, signal }, async (held) => {
      // Another window may have installed it while this one waited.
      if ((await this.stateOf(model)).kind === 'installed') return
      const options: DownloadOptions = {
        signal: held,
        onBytes: (bytes) => {
          onProgress({ kind: 'downloading', bytes })
        },
        onPause: ({ message }, delayMs) => {
          onProgress({ kind: 'pausing', reason: message, delayMs })
        },
      }
      await this.requireSpace(model, await storedBytes(download, model))
      const isPinned = await fillWithWeights(
        { folder: download, model },
        checking(held, onProgress),
        async (partial) => {
          await downloadConfigFile({ hub, model, folder: download }, options)
          await downloadWeights({ hub, model, partial }, options)
        },
      )
      if (!isPinned) throw notPinned()
      await this.replaceBy(download, { model, lock, signal, onProgress })
    })
  }

  /**
   * Copies a file that was downloaded elsewhere, verifies and installs it; the file itself is not changed. First ends
   * this window's use of an installed model.
   * @throws PinnedFileError, ModelBusyError, DiskSpaceError, ModelFilesError
   */
  async importFile(model: PinnedModel, path: string, { signal, onProgress }: StoreOptions): Promise<void> {
    const { imported } = this.paths(model)
    await this.makeFolder(model)
    const lock = await this.lockUnlessBusy(model, { signal, onProgress })
    await this.holding(lock, { model, signal }, async (held) => {
      await this.refuseOtherWindow(model, { signal, onProgress })
      await this.requireSpace(model, 0)
      const isPinned = await withFile(path, 'r', async (source) => {
        const { size } = await source.stat()
        if (size !== model.bytes)
          throw otherFile(
            path,
            model,
            `it has ${formatCount(size)} bytes instead of ${formatCount(model.bytes)}`,
          )
        return fillWithWeights({ folder: imported, model }, checking(held, onProgress), async (partial) => {
          await partial.restart(null)
          const chunks = source.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>
          for await (const chunk of chunks) {
            held.throwIfAborted()
            await partial.append(chunk)
            onProgress({ kind: 'copying', bytes: partial.length })
          }
        })
      })
      if (!isPinned) throw otherFile(path, model, 'its bytes differ')
      await writeConfigFile(model, imported)
      await this.replaceBy(imported, { model, lock, signal, onProgress })
    })
  }

  /**
   * Reads the installed weights and compares them with the pinned digest; if they differ, ends this window's use of the
   * model and deletes them. Reading does not disturb a process that uses the model.
   * @throws PinnedFileError, ModelBusyError, ModelFilesError
   */
  async verify(model: PinnedModel, { signal, onProgress }: StoreOptions): Promise<void> {
    const paths = this.paths(model)
    const lock = await this.lockUnlessBusy(model, { signal, onProgress })
    await this.holding(lock, { model, signal }, async (held) => {
      const digest = await withFile(join(paths.installed, WEIGHTS_FILE), 'r', async (file) => {
        const { size } = await file.stat()
        const hash = await startDigest(file, size, checking(held, onProgress))
        return hash.digest('hex')
      })
      if (digest === model.sha256) return
      await this.release(model, { signal, onProgress }, `${WEIGHTS_FILE} is not the pinned file, and `)
      await uninstall(paths)
      throw notPinned()
    })
  }

  /**
   * Deletes the model and an unfinished download of it. First ends this window's use of the model.
   * @throws ModelBusyError, ModelFilesError
   */
  async delete(model: PinnedModel, { signal, onProgress }: StoreOptions): Promise<void> {
    const paths = this.paths(model)
    const lock = await this.lockUnlessBusy(model, { signal, onProgress })
    await this.holding(lock, { model, signal }, async () => {
      await this.release(model, { signal, onProgress })
      await removeFolder(paths.download)
      if (existsSync(paths.installed)) await uninstall(paths)
    })
  }

  /**
   * Cleans up after processes that ended in the middle of an operation. Never rejects: what cannot be cleaned up now is
   * cleaned up the next time.
   */
  async tidyUp(): Promise<void> {
    const names = await readdir(this.folder).catch(() => [])
    for (const model of this.models) {
      if (!names.some((name) => name.startsWith(`.${model.id}.`))) continue
      try {
        const lock = await FileLock.tryToAcquire(this.paths(model).lock, this.lockLimits)
        if (lock === undefined) continue
        // `holding` itself cleans up.
        await this.holding(lock, { model, signal: new AbortController().signal }, () => Promise.resolve())
      } catch {
        continue
      }
    }
  }

  private paths(model: PinnedModel): StorePaths {
    return storePaths(this.folder, model.id)
  }

  /** Installs a finished folder, in place of the installed one if there is one. */
  private async replaceBy(
    finished: string,
    { model, lock, ...options }: StoreOptions & { readonly model: PinnedModel; readonly lock: FileLock },
  ): Promise<void> {
    const paths = this.paths(model)
    if (existsSync(paths.installed)) await this.release(model, options)
    await lock.confirm()
    await install(finished, paths)
  }

  /**
   * Ends this window's use of the installed files, and deletes what was derived from them.
   * @param problem start of the message if another window uses the files
   * @throws ModelBusyError
   */
  private async release(model: PinnedModel, options: StoreOptions, problem = ''): Promise<void> {
    await this.refuseOtherWindow(model, options, problem)
    await this.options.uses?.endOwn(model.id)
    await this.options.deleteDerived?.(model, this.folderOf(model))
  }

  private async refuseOtherWindow(model: PinnedModel, options: StoreOptions, problem = ''): Promise<void> {
    const window = await this.options.uses?.otherWindow(model.id, this.lockOptions(model, options))
    if (window !== undefined)
      throw new ModelBusyError(
        `${problem}${model.id} is in use by ${window}: close that window or select another model in it.`,
      )
  }

  private async requireSpace(model: PinnedModel, existingBytes: number): Promise<void> {
    const needed = model.bytes - existingBytes + SPARE_BYTES
    const free = await this.freeBytes(this.folder)
    if (free < needed)
      throw new DiskSpaceError(
        `The disk has ${formatBytes(free)} left, and ${model.id} needs ${formatBytes(needed)}.`,
      )
  }

  private async makeFolder(model: PinnedModel): Promise<void> {
    await mkdir(this.folder, { recursive: true }).catch(async (cause: unknown) => {
      if (isDiskFull(cause)) throw await this.meaningOf(cause, model)
      throw new ModelFilesError(`The folder for models cannot be created: ${this.folder}`, { cause })
    })
  }

  private async lock(model: PinnedModel, options: StoreOptions): Promise<FileLock> {
    try {
      return await FileLock.acquire(this.paths(model).lock, this.lockOptions(model, options))
    } catch (error) {
      throw await this.meaningOf(error, model)
    }
  }

  /** Locks the model; throws ModelBusyError instead of waiting for a window that works on it. */
  private async lockUnlessBusy(model: PinnedModel, options: StoreOptions): Promise<FileLock> {
    try {
      const lock = await FileLock.acquireUnlessAlive(this.paths(model).lock, this.lockOptions(model, options))
      if (lock !== undefined) return lock
    } catch (error) {
      throw await this.meaningOf(error, model)
    }
    throw new ModelBusyError(
      `Another window is working on the files of ${model.id}. Wait until it has finished.`,
    )
  }

  private async meaningOf(error: unknown, model: PinnedModel): Promise<unknown> {
    return meaningOf(error, model, await storedBytes(this.paths(model).download, model))
  }

  private lockOptions(model: PinnedModel, { signal, onProgress }: StoreOptions): LockOptions {
    const onWait = () => {
      void storedBytes(this.paths(model).download, model).then((bytes) => {
        onProgress({ kind: 'waiting', bytes })
      })
    }
    return { limits: this.lockLimits, signal, onWait }
  }

  /**
   * Runs `work` while the lock is held, cleans up before and after it, and converts every error to the one to show to
   * the user.
   */
  private async holding<T>(
    lock: FileLock,
    { model, signal }: { readonly model: PinnedModel; readonly signal: AbortSignal },
    work: (held: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const held = AbortSignal.any([signal, lock.lost])
    try {
      await tidyUp(this.paths(model))
      return await work(held)
    } catch (error) {
      if (signal.aborted) throw new CancelledError()
      if (lock.lost.aborted) throw lock.lost.reason
      throw await this.meaningOf(error, model)
    } finally {
      if (!lock.lost.aborted) await tidyUp(this.paths(model)).catch(() => undefined)
      await lock.release()
    }
  }
}

async function freeBytesOfDisk(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** Reports the bytes of existing files that were read as progress. */
function checking(signal: AbortSignal, onProgress: StoreOptions['onProgress']): DigestOptions {
  return {
    signal,
    onBytes: (bytes) => {
      onProgress({ kind: 'checking', bytes })
    },
  }
}
