import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'
import { WEIGHTS_FILE } from '../../formats/modelFiles'
import type { PinnedModel } from '../../registry'
import { type DigestOptions, startDigest } from './fileDigest'
import { removeFolder } from './replaceFolder'
import { noteOf, readNote, writeNote } from './sourceNote'

/** Fills a folder with the weights; empties it and gives back false where they are not the pinned ones. */
export async function fillWithWeights(
  folder: string,
  model: PinnedModel,
  options: DigestOptions,
  write: (partial: PartialFile) => Promise<void>,
): Promise<boolean> {
  const partial = await PartialFile.open(folder, model, options)
  let isPinned: boolean
  try {
    await write(partial)
    options.signal.throwIfAborted()
    isPinned = await partial.isPinnedFile()
  } finally {
    await partial.close()
  }
  if (!isPinned) await removeFolder(folder)
  return isPinned
}

/**
 * The weights as far as they have come, in a folder of their own, with the digest of these bytes.
 * Whatever ends the process leaves bytes that the note beside them describes, or none.
 */
export class PartialFile {
  private constructor(
    private readonly folder: string,
    private readonly model: PinnedModel,
    private readonly file: FileHandle,
    private hash: Hash,
    private bytes: number,
    private validator: string | null,
  ) {}

  /** Opens what is there of this very file; what is of another one is discarded. */
  static async open(folder: string, model: PinnedModel, options: DigestOptions): Promise<PartialFile> {
    await mkdir(folder, { recursive: true })
    const note = await readNote(folder, model)
    const file = await open(join(folder, WEIGHTS_FILE), constants.O_RDWR | constants.O_CREAT)
    try {
      const { size } = await file.stat()
      const kept = note !== undefined && size <= model.bytes ? size : 0
      const hash = await startDigest(file, kept, options)
      const partial = new PartialFile(folder, model, file, hash, kept, note?.etag ?? null)
      if (kept !== size) await partial.restart(null)
      return partial
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get length(): number {
    return this.bytes
  }

  /** The hub's validator of these bytes, where it gave one. */
  get etag(): string | null {
    return this.validator
  }

  /** Begins anew, with bytes that the hub names so. The old bytes are gone before the note says what the new ones are. */
  async restart(etag: string | null): Promise<void> {
    await this.file.truncate(0)
    this.hash = createHash('sha256')
    this.bytes = 0
    this.validator = etag
    await writeNote(this.folder, noteOf(this.model, etag))
  }

  async append(chunk: Uint8Array): Promise<void> {
    for (let written = 0; written < chunk.length;) {
      const { bytesWritten } = await this.file.write(
        chunk,
        written,
        chunk.length - written,
        this.bytes + written,
      )
      written += bytesWritten
    }
    this.hash.update(chunk)
    this.bytes += chunk.length
  }

  /** Whether these are the pinned bytes, on the disk when this resolves. */
  async isPinnedFile(): Promise<boolean> {
    await this.file.sync()
    return this.bytes === this.model.bytes && this.hash.copy().digest('hex') === this.model.sha256
  }

  async close(): Promise<void> {
    await this.file.close()
  }
}
