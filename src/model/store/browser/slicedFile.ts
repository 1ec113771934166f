import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { concatBytes } from '../../../shared/bytes'
import { delay } from '../../../shared/delay'
import { ModelBusyError, ModelFilesError, SafetensorsError } from '../../../shared/errors'
import type { GrowingFile } from '../../hub/download'
import type { PinnedModel } from '../../registry'
import { MAX_HEADER_BYTES } from '../../formats/safetensors'
import { headerEnd, LENGTH_BYTES, sliceLengths } from './slices'
import { readSlicesNote, sliceName, type SlicesNote } from './slicesNote'
import type { SliceSpace } from './sliceSpace'
import { writeNote } from '../sourceNote'
import { notPinned } from '../storeFaults'

export interface ReadOptions {
  readonly signal: AbortSignal
  /** Called with the number of bytes read so far. */
  readonly onBytes: (bytes: number) => void
}

/** Large enough to be fast, small enough to leave the extension host's thread free in between. */
const DIGEST_BYTES = 4 * 1024 * 1024

/** Partly downloaded weights: complete slices in storage, the bytes of the next one in memory, the digest of all. */
export class SlicedFile implements GrowingFile {
  private hash = sha256.create()
  /** End of the header in bytes; known once the header's length has arrived. */
  private headerEnd: number | undefined
  /** Lengths of the slices; known once the header has arrived. */
  private lengths: readonly number[] | undefined
  private slice = 0
  private waiting: Uint8Array[] = []
  private waitingBytes = 0
  /** Bytes of the complete slices. */
  private storedBytes = 0
  private validator: string | null = null
  /** Whether the file was complete and verified when it was opened. */
  private wasVerified = false

  /** Reads what exists of this file; discards what exists of another one. */
  static async open(model: PinnedModel, space: SliceSpace, options: ReadOptions): Promise<SlicedFile> {
    const file = new SlicedFile(model, space)
    const note = await readSlicesNote(space, model)
    if (note === undefined) await space.clear()
    else await file.readSlices(note, options)
    if (note?.verified === true) {
      file.wasVerified = file.length === model.bytes
      // A slice is missing, so the model does not count as installed until the whole file is hashed again.
      if (!file.wasVerified) await writeNote(space, model, { ...note, verified: false })
    }
    return file
  }

  private constructor(
    private readonly model: PinnedModel,
    private readonly space: SliceSpace,
  ) {}

  get length(): number {
    return this.storedBytes + this.waitingBytes
  }

  get etag(): string | null {
    return this.validator
  }

  /** @throws ModelBusyError, see `discard` */
  async restart(etag: string | null): Promise<void> {
    await this.discard()
    this.hash = sha256.create()
    this.headerEnd = undefined
    this.lengths = undefined
    this.slice = 0
    this.waiting = []
    this.waitingBytes = 0
    this.storedBytes = 0
    this.validator = etag
  }

  /**
   * Deletes all slices.
   * @throws ModelBusyError if another window has completed and verified the file since it was opened
   */
  async discard(): Promise<void> {
    if (!this.wasVerified && (await readSlicesNote(this.space, this.model))?.verified === true)
      throw new ModelBusyError('Another window has finished downloading the model.')
    await this.space.clear()
  }

  /** @throws PinnedFileError if it does not start with a safetensors header */
  async append(chunk: Uint8Array): Promise<void> {
    this.hash.update(chunk)
    for (let rest = chunk; rest.length > 0;) {
      const bytes = rest.subarray(0, this.wanted() - this.waitingBytes)
      rest = rest.subarray(bytes.length)
      this.waiting.push(bytes)
      this.waitingBytes += bytes.length
      if (this.waitingBytes === this.wanted()) await this.writeSlice()
    }
  }

  /**
   * Whether these are the pinned bytes; if so, the note is marked as verified.
   * @throws ModelFilesError if they are, but a slice was deleted in the meantime
   */
  async isPinnedFile(): Promise<boolean> {
    const { lengths: slices, validator: etag, model } = this
    const isPinned =
      slices !== undefined &&
      this.storedBytes === model.bytes &&
      bytesToHex(this.hash.clone().digest()) === model.sha256
    if (!isPinned) return false
    const names = await this.space.names()
    if (!slices.every((_, index) => names.has(sliceName(index))))
      throw new ModelFilesError(`The browser has deleted parts of ${model.id}. Run Logitscope: Select Model.`)
    await writeNote(this.space, model, { etag, slices, verified: true })
    return true
  }

  /** Hashes the complete slices up to the first missing one. */
  private async readSlices({ slices, etag }: SlicesNote, { signal, onBytes }: ReadOptions): Promise<void> {
    this.lengths = slices
    this.validator = etag
    for (const [index, length] of slices.entries()) {
      const bytes = await this.space.read(sliceName(index))
      if (bytes?.length !== length) return
      for (let done = 0; done < length; done += DIGEST_BYTES) {
        this.hash.update(bytes.subarray(done, done + DIGEST_BYTES))
        await delay(0, signal)
      }
      this.slice = index + 1
      this.storedBytes += length
      onBytes(this.storedBytes)
    }
  }

  /** Length in bytes of the slice that is being received; before the header is complete, of the known part of it. */
  private wanted(): number {
    if (this.lengths !== undefined) return this.lengths[this.slice] ?? Infinity
    if (this.waitingBytes < LENGTH_BYTES) return LENGTH_BYTES
    this.headerEnd ??= headerEnd(concatBytes(this.waiting))
    if (this.headerEnd > Math.min(this.model.bytes, LENGTH_BYTES + MAX_HEADER_BYTES)) throw notPinned()
    return this.headerEnd
  }

  private async writeSlice(): Promise<void> {
    const bytes = concatBytes(this.waiting)
    this.lengths ??= await this.plan(bytes)
    await this.space.write(sliceName(this.slice), bytes)
    this.slice++
    this.storedBytes += bytes.length
    this.waiting = []
    this.waitingBytes = 0
  }

  /** Computes the lengths of the slices from the header. */
  private async plan(header: Uint8Array): Promise<readonly number[]> {
    try {
      const slices = await sliceLengths(header, this.model.bytes)
      await writeNote(this.space, this.model, { etag: this.validator, slices, verified: false })
      return slices
    } catch (error) {
      throw error instanceof SafetensorsError ? notPinned() : error
    }
  }
}
