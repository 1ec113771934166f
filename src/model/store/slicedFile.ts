import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { concatBytes } from '../../shared/bytes'
import { delay } from '../../shared/delay'
import { SafetensorsError } from '../../shared/errors'
import type { GrowingFile } from '../hub/download'
import type { PinnedModel } from '../registry'
import { headerEnd, LENGTH_BYTES, sliceLengths } from './slices'
import { readNote, sliceName, type SlicesNote, writeNote } from './slicesNote'
import type { SliceSpace } from './sliceSpace'
import { notPinned } from './storeFaults'

export interface ReadOptions {
  readonly signal: AbortSignal
  readonly onBytes: (bytes: number) => void
}

/** Large enough for speed, small enough for the host's thread to do something else in between. */
const DIGEST_BYTES = 4 * 1024 * 1024

/** Weights as far as they have come: whole slices in their space, the next one's bytes here, and the digest of all. */
export class SlicedFile implements GrowingFile {
  private hash = sha256.create()
  /** Known as soon as the header is here. */
  private lengths: readonly number[] | undefined
  private slice = 0
  private waiting: Uint8Array[] = []
  private waitingBytes = 0
  private keptBytes = 0
  private validator: string | null = null

  /** Reads what is there of this very file; what is of another one is discarded. */
  static async open(model: PinnedModel, space: SliceSpace, options: ReadOptions): Promise<SlicedFile> {
    const file = new SlicedFile(model, space)
    const note = await readNote(space, model)
    if (note === undefined) await space.clear()
    else await file.readOn(note, options)
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

  async restart(etag: string | null): Promise<void> {
    await this.space.clear()
    this.hash = sha256.create()
    this.lengths = undefined
    this.slice = 0
    this.waiting = []
    this.waitingBytes = 0
    this.keptBytes = 0
    this.validator = etag
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

  /** Whether these are the pinned bytes; the note beside them says so from then on. */
  async isPinnedFile(): Promise<boolean> {
    const { lengths: slices, validator: etag, model } = this
    const isPinned =
      slices !== undefined &&
      this.keptBytes === model.bytes &&
      bytesToHex(this.hash.clone().digest()) === model.sha256
    if (isPinned) await writeNote(this.space, model, { etag, slices, verified: true })
    return isPinned
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
    const end = headerEnd(concatBytes(this.waiting)) ?? LENGTH_BYTES
    if (end > this.model.bytes) throw notPinned()
    return end
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
