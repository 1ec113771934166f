import { existsSync } from 'node:fs'
import { mkdir, readdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { CancelledError, DiskSpaceError, ModelBusyError, ModelFilesError } from '../../../shared/errors'
import { formatBytes } from '../../../shared/text/format'
import { type DownloadOptions, downloadWeights, type Hub } from '../../hub/download'
import { WEIGHTS_FILE } from '../../formats/modelFiles'
import type { PinnedModel } from '../../registry'
import { fetchConfig, writeConfig } from './configFile'
import { withFile } from './durableFiles'
import { type DigestOptions, startDigest } from './fileDigest'
import { FileLock, LOCK_LIMITS, type LockLimits, type LockOptions } from './fileLock'
import { fillWithWeights } from './partialFile'
import { install, removeFolder, tidyUp, uninstall } from './replaceFolder'
import { keptBytes } from './sourceNote'
import { meaningOf, notPinned, otherFile } from '../storeFaults'
import type { ModelState, StoredModel, StoreOptions } from '../storeState'
import { type StorePaths, storePaths } from './storePaths'

export interface ModelStoreOptions {
  /** Made where it is missing. */
  readonly folder: string
  readonly models: readonly PinnedModel[]
  readonly lockLimits?: LockLimits
  /** Bytes that the disk of a folder has left. */
  readonly freeBytes?: (folder: string) => Promise<number>
}

/** What a full disk should still have afterwards. */
const SPARE_BYTES = 100e6

/**
 * The models of the registry on this machine: `<folder>/<id>/` is there whole and verified, or not at all.
 * One window at a time works on a model. All methods that have a signal throw CancelledError.
 */
export class ModelStore {
  private readonly lockLimits: LockLimits
  private readonly freeBytes: (folder: string) => Promise<number>

  constructor(private readonly parts: ModelStoreOptions) {
    this.lockLimits = parts.lockLimits ?? LOCK_LIMITS
    this.freeBytes = parts.freeBytes ?? freeBytesOfDisk
  }

  get folder(): string {
    return this.parts.folder
  }

  get models(): readonly PinnedModel[] {
    return this.parts.models
  }

  /** Undefined where the registry has no such model. */
  find(id: string): PinnedModel | undefined {
    return this.models.find((model) => model.id === id)
  }

  /** Where the model lies when it is installed. */
  folderOf(model: PinnedModel): string {
    return this.paths(model).installed
  }

  /** By what the files are called and how long they are; only `verify` reads them. */
  async list(): Promise<StoredModel[]> {
    return Promise.all(this.models.map(async (model) => ({ model, state: await this.stateOf(model) })))
  }

  async stateOf(model: PinnedModel): Promise<ModelState> {
    const { installed, download } = this.paths(model)
    if ((await keptBytes(installed, model)) === model.bytes) return { kind: 'installed' }
    const bytes = await keptBytes(download, model)
    return bytes === 0 ? { kind: 'absent' } : { kind: 'partial', bytes }
  }

  /**
   * Downloads what is missing of the model, verifies and installs it; waits where another window does so.
   * @throws HubConnectionError, HubRefusalError: what has come is kept; PinnedFileError: nothing is;
   * ModelConfigError, DiskSpaceError, ModelFilesError
   */
  async install(model: PinnedModel, hub: Hub, { signal, onProgress }: StoreOptions): Promise<void> {
    const { download } = this.paths(model)
    await this.makeFolder()
    const lock = await this.lock(model, { signal, onProgress })
    await this.holding(lock, model, signal, async (held) => {
      // The window that was waited for may have brought it to its end.
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
      await this.needSpace(model, await keptBytes(download, model))
      const isPinned = await fillWithWeights(download, model, checking(held, onProgress), async (partial) => {
        await fetchConfig(hub, model, download, options)
        await downloadWeights(hub, model, partial, options)
      })
      if (!isPinned) throw notPinned()
      await lock.confirm()
      await install(download, this.paths(model))
    })
  }

  /**
   * Copies a file that was downloaded elsewhere, verifies and installs it; the file itself stays.
   * @throws PinnedFileError, ModelBusyError, DiskSpaceError, ModelFilesError
   */
  async importFile(model: PinnedModel, path: string, { signal, onProgress }: StoreOptions): Promise<void> {
    const { imported } = this.paths(model)
    await this.makeFolder()
    const lock = await this.lockNow(model, { signal, onProgress })
    await this.holding(lock, model, signal, async (held) => {
      await this.needSpace(model, 0)
      const isPinned = await withFile(path, 'r', async (source) => {
        const { size } = await source.stat()
        if (size !== model.bytes)
          throw otherFile(path, model, `it has ${size} bytes where that has ${model.bytes}`)
        return fillWithWeights(imported, model, checking(held, onProgress), async (partial) => {
          await partial.restart(null)
          for await (const chunk of source.createReadStream({
            autoClose: false,
          }) as AsyncIterable<Uint8Array>) {
            held.throwIfAborted()
            await partial.append(chunk)
            onProgress({ kind: 'copying', bytes: partial.length })
          }
        })
      })
      // The user’s own file was never touched.
      if (!isPinned) throw otherFile(path, model, 'its bytes differ')
      await writeConfig(model, imported)
      await lock.confirm()
      await install(imported, this.paths(model))
    })
  }

  /**
   * Reads the installed weights and compares them with the pinned digest; deletes them where they differ.
   * @throws PinnedFileError, ModelBusyError, ModelFilesError
   */
  async verify(model: PinnedModel, { signal, onProgress }: StoreOptions): Promise<void> {
    const paths = this.paths(model)
    const lock = await this.lockNow(model, { signal, onProgress })
    await this.holding(lock, model, signal, async (held) => {
      const digest = await withFile(join(paths.installed, WEIGHTS_FILE), 'r', async (file) => {
        const { size } = await file.stat()
        const hash = await startDigest(file, size, checking(held, onProgress))
        return hash.digest('hex')
      })
      if (digest === model.sha256) return
      await uninstall(paths)
      throw notPinned()
    })
  }

  /**
   * Deletes the model, and what there is of a download.
   * @throws ModelBusyError, ModelFilesError
   */
  async delete(model: PinnedModel, { signal, onProgress }: StoreOptions): Promise<void> {
    const paths = this.paths(model)
    const lock = await this.lockNow(model, { signal, onProgress })
    await this.holding(lock, model, signal, async () => {
      await removeFolder(paths.download)
      if (existsSync(paths.installed)) await uninstall(paths)
    })
  }

  /** Ends what processes have left half done that are gone. Never rejects: whatever is in the way now is tidied up later. */
  async tidyUp(): Promise<void> {
    const names = await readdir(this.parts.folder).catch(() => [])
    for (const model of this.models) {
      if (!names.some((name) => name.startsWith(`.${model.id}.`))) continue
      try {
        const lock = await FileLock.tryToAcquire(this.paths(model).lock, this.lockLimits)
        if (lock === undefined) continue
        await this.holding(lock, model, new AbortController().signal, () => Promise.resolve())
      } catch {
        continue
      }
    }
  }

  private paths(model: PinnedModel): StorePaths {
    return storePaths(this.parts.folder, model.id)
  }

  private async needSpace(model: PinnedModel, kept: number): Promise<void> {
    const needed = model.bytes - kept + SPARE_BYTES
    const free = await this.freeBytes(this.parts.folder)
    if (free < needed)
      throw new DiskSpaceError(
        `The disk has ${formatBytes(free)} left, and ${model.id} needs ${formatBytes(needed)}.`,
      )
  }

  private async makeFolder(): Promise<void> {
    await mkdir(this.parts.folder, { recursive: true }).catch((cause: unknown) => {
      throw new ModelFilesError(`The folder for models cannot be made: ${this.parts.folder}`, { cause })
    })
  }

  private async lock(model: PinnedModel, options: StoreOptions): Promise<FileLock> {
    return FileLock.acquire(this.paths(model).lock, this.lockOptions(model, options))
  }

  /** The same, but does not wait for a window that is at work. */
  private async lockNow(model: PinnedModel, options: StoreOptions): Promise<FileLock> {
    const lock = await FileLock.acquireUnlessAlive(this.paths(model).lock, this.lockOptions(model, options))
    if (lock === undefined)
      throw new ModelBusyError(
        `Another window is at work on the files of ${model.id}. Wait until it is done.`,
      )
    return lock
  }

  private lockOptions(model: PinnedModel, { signal, onProgress }: StoreOptions): LockOptions {
    const onWait = () => {
      void keptBytes(this.paths(model).download, model).then((bytes) => {
        onProgress({ kind: 'waiting', bytes })
      })
    }
    return { limits: this.lockLimits, signal, onWait }
  }

  /** Works on a model’s files while the lock is held, and says of every error what it means for the user. */
  private async holding<T>(
    lock: FileLock,
    model: PinnedModel,
    signal: AbortSignal,
    work: (held: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const held = AbortSignal.any([signal, lock.lost])
    try {
      await tidyUp(this.paths(model))
      return await work(held)
    } catch (error) {
      if (signal.aborted) throw new CancelledError()
      if (lock.lost.aborted) throw lock.lost.reason
      throw meaningOf(error, model, await keptBytes(this.paths(model).download, model))
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

/** Reading what is there already, as progress. */
function checking(signal: AbortSignal, onProgress: StoreOptions['onProgress']): DigestOptions {
  return {
    signal,
    onBytes: (bytes) => {
      onProgress({ kind: 'checking', bytes })
    },
  }
}
