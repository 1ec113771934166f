import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { concatBytes } from '../../../shared/bytes'
import { delay } from '../../../shared/delay'
import { ModelBusyError, ModelFilesError, SafetensorsError } from '../../../shared/errors'
import type { GrowingFile } from '../../hub/download'
import type { PinnedModel } from '../../registry'
import { MAX_HEADER_BYTES } from '../../formats/safetensors'
import { headerEnd, LENGTH_BYTES, sliceLengths } from './slices'
import { readNote, sliceName, type SlicesNote, writeNote } from './slicesNote'
import type { SliceSpace } from './sliceSpace'
import { notPinned } from '../storeFaults'

export interface ReadOptions {
  readonly signal: AbortSignal
  readonly onBytes: (bytes: number) => void
}

/** Large enough for speed, small enough for the host's thread to do something else in between. */
const DIGEST_BYTES = 4 * 1024 * 1024

/** Weights as far as they have come: whole slices in their space, the next one's bytes here, and the digest of all. */
export class SlicedFile implements GrowingFile {
  private hash = sha256.create()
  /** Where the header ends; known as soon as its length is here. */
  private headerEnd: number | undefined
  /** Known as soon as the header is here. */
  private lengths: readonly number[] | undefined
  private slice = 0
  private waiting: Uint8Array[] = []
  private waitingBytes = 0
  private keptBytes = 0
  private validator: string | null = null
  /** Whether the note said so of all that was here from the beginning. */
  private wasVerified = false

  /** Reads what is there of this very file; what is of another one is discarded. */
  static async open(model: PinnedModel, space: SliceSpace, options: ReadOptions): Promise<SlicedFile> {
    const file = new SlicedFile(model, space)
    const note = await readNote(space, model)
    if (note === undefined) await space.clear()
    else await file.readOn(note, options)
    if (note?.verified === true) {
      file.wasVerified = file.length === model.bytes
      // What fills the gap has yet to be hashed with the rest; until then, nothing is installed.
      if (!file.wasVerified) await writeNote(space, model, { ...note, verified: false })
    }
    return file
  }

  private constructor(
    private readonly model: PinnedModel,
    private readonly space: SliceSpace,
  ) {}

  get length(): number {
    return this.keptBytes + this.waitingBytes
  }

  get etag(): string | null {
    return this.validator
  }

  /** @throws ModelBusyError as `discard` */
  async restart(etag: string | null): Promise<void> {
    await this.discard()
    this.hash = sha256.create()
    this.headerEnd = undefined
    this.lengths = undefined
    this.slice = 0
    this.waiting = []
    this.waitingBytes = 0
    this.keptBytes = 0
    this.validator = etag
  }

  /**
   * Deletes what is kept of it.
   * @throws ModelBusyError where that has become a verified file since it was opened
   */
  async discard(): Promise<void> {
    if (!this.wasVerified && (await readNote(this.space, this.model))?.verified === true)
      throw new ModelBusyError('Another window has brought the model to its end.')
    await this.space.clear()
  }

  /** @throws PinnedFileError where it does not begin as a safetensors file does */
  async append(chunk: Uint8Array): Promise<void> {
    this.hash.update(chunk)
    for (let rest = chunk; rest.length > 0;) {
      const bytes = rest.subarray(0, this.wanted() - this.waitingBytes)
      rest = rest.subarray(bytes.length)
      this.waiting.push(bytes)
      this.waitingBytes += bytes.length
      if (this.waitingBytes === this.wanted()) await this.keepSlice()
    }
  }

  /**
   * Whether these are the pinned bytes; the note beside them says so from then on.
   * @throws ModelFilesError where they are, and a slice has gone meanwhile
   */
  async isPinnedFile(): Promise<boolean> {
    const { lengths: slices, validator: etag, model } = this
    const isPinned =
      slices !== undefined &&
      this.keptBytes === model.bytes &&
      bytesToHex(this.hash.clone().digest()) === model.sha256
    if (!isPinned) return false
    const names = await this.space.names()
    if (!slices.every((_, index) => names.has(sliceName(index))))
      throw new ModelFilesError(`Parts of ${model.id} are gone meanwhile: run Logitscope: Select Model.`)
    await writeNote(this.space, model, { etag, slices, verified: true })
    return true
  }

  private async readOn({ slices, etag }: SlicesNote, { signal, onBytes }: ReadOptions): Promise<void> {
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
      this.keptBytes += length
      onBytes(this.keptBytes)
    }
  }

  /** Bytes of the slice that is on its way, as far as one can say. */
  private wanted(): number {
    if (this.lengths !== undefined) return this.lengths[this.slice] ?? Infinity
    if (this.waitingBytes < LENGTH_BYTES) return LENGTH_BYTES
    this.headerEnd ??= headerEnd(concatBytes(this.waiting))
    if (this.headerEnd > Math.min(this.model.bytes, LENGTH_BYTES + MAX_HEADER_BYTES)) throw notPinned()
    return this.headerEnd
  }

  private async keepSlice(): Promise<void> {
    const bytes = concatBytes(this.waiting)
    this.lengths ??= await this.plan(bytes)
    await this.space.write(sliceName(this.slice), bytes)
    this.slice++
    this.keptBytes += bytes.length
    this.waiting = []
    this.waitingBytes = 0
  }

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
