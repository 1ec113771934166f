import { CancelledError, ModelBusyError, ModelFilesError } from '../../../shared/errors'
import { formatBytes } from '../../../shared/text/format'
import { type DownloadOptions, downloadWeights, type Hub } from '../../hub/download'
import { CONFIG_FILE, WEIGHTS_FILE } from '../../formats/modelFiles'
import type { ModelOutline } from '../../gpt2/modelOutline'
import { type PinnedModel, pinnedFingerprint } from '../../registry'
import type { ModelState, StoredModel, StoreOptions } from '../storeState'
import { downloadPinnedConfig } from '../pinnedConfig'
import type { PinnedModelStore } from '../pinnedModelStore'
import { SlicedFile } from './slicedFile'
import { readSlicesNote, sliceName } from './slicesNote'
import { SliceSpace } from './sliceSpace'
import { meaningOf, notPinned } from '../storeFaults'
import type { WholeFiles } from './wholeFiles'

export interface BrowserStoreOptions {
  readonly files: WholeFiles
  readonly models: readonly PinnedModel[]
  /** Called when the browser's quota is exhausted. */
  readonly onFull: (reason: unknown) => void
}

/**
 * The models of the registry in a browser's storage: `<id>/` contains the weights in slices, and a note that says
 * whether they are complete and verified. Slices beyond the browser's quota stay in memory until the window closes.
 * Two windows may download the same model; they write the same slices under the same names. A window sees files that
 * another window has written only after a reload, because VS Code lists a folder from memory.
 */
export class BrowserModelStore implements PinnedModelStore {
  private readonly spaces = new Map<string, SliceSpace>()
  private readonly busy = new Set<string>()

  constructor(private readonly options: BrowserStoreOptions) {}

  get models(): readonly PinnedModel[] {
    return this.options.models
  }

  find(id: string): PinnedModel | undefined {
    return this.models.find((model) => model.id === id)
  }

  folderOf(): string {
    return 'this browser’s storage'
  }

  async list(): Promise<StoredModel[]> {
    return Promise.all(this.models.map(async (model) => ({ model, state: await this.stateOf(model) })))
  }

  async stateOf(model: PinnedModel): Promise<ModelState> {
    const space = this.spaceOf(model)
    const note = await readSlicesNote(space, model)
    if (note === undefined) return { kind: 'absent' }
    const names = await space.names()
    const missing = note.slices.findIndex((_, index) => !names.has(sliceName(index)))
    const present = missing === -1 ? note.slices : note.slices.slice(0, missing)
    if (missing === -1 && note.verified === true) return { kind: 'installed' }
    return { kind: 'partial', bytes: present.reduce((sum, length) => sum + length, 0) }
  }

  /**
   * @throws HubConnectionError or HubRefusalError, which keep the bytes received; PinnedFileError, which deletes them;
   * ModelConfigError, ModelBusyError, ModelFilesError, CancelledError
   */
  async install(model: PinnedModel, hub: Hub, { signal, onProgress }: StoreOptions): Promise<void> {
    await this.exclusively(model, signal, async (space) => {
      const options: DownloadOptions = {
        signal,
        onBytes: (bytes) => {
          onProgress({ kind: 'downloading', bytes })
        },
        onPause: ({ message }, delayMs) => {
          onProgress({ kind: 'pausing', reason: message, delayMs })
        },
      }
      const file = await SlicedFile.open(model, space, checking({ signal, onProgress }))
      const config = await downloadPinnedConfig(hub, model, options)
      await downloadWeights({ hub, model, partial: file }, options)
      await space.write(CONFIG_FILE, new TextEncoder().encode(config))
      if (await file.isPinnedFile()) return
      await file.discard()
      throw notPinned()
    })
  }

  /** @throws PinnedFileError, ModelBusyError, ModelFilesError, CancelledError */
  async verify(model: PinnedModel, options: StoreOptions): Promise<void> {
    await this.exclusively(model, options.signal, async (space) => {
      const file = await SlicedFile.open(model, space, checking(options))
      if (await file.isPinnedFile()) return
      await file.discard()
      throw notPinned()
    })
  }

  /** @throws ModelBusyError, ModelFilesError */
  async delete(model: PinnedModel): Promise<void> {
    await this.exclusively(model, new AbortController().signal, (space) => space.clear())
  }

  /** Deletes slices without a matching note, such as those of a previously pinned revision; never rejects. */
  async tidyUp(): Promise<void> {
    await Promise.allSettled(this.models.map((model) => this.tidyUpOf(model)))
  }

  /**
   * The model's files, for the engine.
   * @throws ModelFilesError if the model is not installed
   */
  async outline(model: PinnedModel): Promise<ModelOutline> {
    const space = this.spaceOf(model)
    const note = await readSlicesNote(space, model)
    if (note === undefined || (await this.stateOf(model)).kind !== 'installed')
      throw new ModelFilesError(
        `${model.id} is not downloaded, or was downloaded in another window: reload this window, or run Logitscope: Select Model.`,
      )
    return {
      place: this.folderOf(),
      fingerprint: pinnedFingerprint(model.sha256),
      remarks: remarksOn(model, space, note.slices),
      files: [
        { name: CONFIG_FILE, parts: 1 },
        { name: WEIGHTS_FILE, parts: note.slices.length },
      ],
    }
  }

  /**
   * Reads one part of a file.
   * @throws ModelFilesError if it was deleted or is incomplete
   */
  async part(model: PinnedModel, file: string, index: number): Promise<Uint8Array> {
    const space = this.spaceOf(model)
    const isSlice = file === WEIGHTS_FILE
    const note = await readSlicesNote(space, model)
    const bytes = await space.read(isSlice ? sliceName(index) : file)
    if (note === undefined || bytes === undefined)
      throw new ModelFilesError(
        `The browser has deleted ${file} of ${model.id}. Run Logitscope: Select Model.`,
      )
    if (isSlice && bytes.length !== note.slices[index])
      throw new ModelFilesError(
        `${file} of ${model.id} is damaged. Run Logitscope: Manage Models, Verify Again.`,
      )
    return bytes
  }

  private async tidyUpOf(model: PinnedModel): Promise<void> {
    if ((await this.spaceOf(model).names()).size === 0) return
    await this.exclusively(model, new AbortController().signal, async (space) => {
      if ((await readSlicesNote(space, model)) === undefined) await space.clear()
    })
  }

  private spaceOf({ id }: PinnedModel): SliceSpace {
    let space = this.spaces.get(id)
    if (space === undefined) {
      space = new SliceSpace(this.options.files, id, this.options.onFull)
      this.spaces.set(id, space)
    }
    return space
  }

  /** Runs one operation at a time for each model in this window; converts errors to those to show to the user. */
  private async exclusively(
    model: PinnedModel,
    signal: AbortSignal,
    work: (space: SliceSpace) => Promise<void>,
  ): Promise<void> {
    if (this.busy.has(model.id))
      throw new ModelBusyError(`Another operation on ${model.id} is running. Wait until it has finished.`)
    this.busy.add(model.id)
    try {
      await work(this.spaceOf(model))
    } catch (error) {
      if (signal.aborted) throw new CancelledError()
      const state = await this.stateOf(model)
      throw meaningOf(error, model, state.kind === 'partial' ? state.bytes : 0)
    } finally {
      this.busy.delete(model.id)
    }
  }
}

/** Says that the model is kept for this session only, if it exceeds the browser's quota. */
function remarksOn({ id }: PinnedModel, space: SliceSpace, slices: readonly number[]): string[] {
  const stored = slices.filter((_, index) => !space.isInMemory(sliceName(index)))
  if (stored.length === slices.length) return []
  const allowed = formatBytes(stored.reduce((sum, length) => sum + length, 0))
  return [
    `This browser has space for only ${allowed}, so ${id} is deleted when you close this window; free disk space to keep it`,
  ]
}

/** Reports the bytes of existing slices that were read as progress. */
function checking({ signal, onProgress }: StoreOptions) {
  return {
    signal,
    onBytes: (bytes: number) => {
      onProgress({ kind: 'checking', bytes })
    },
  }
}
