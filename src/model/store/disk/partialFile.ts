import { createHash, type Hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { WEIGHTS_FILE } from '../../formats/modelFiles'
import type { GrowingFile } from '../../hub/download'
import type { PinnedModel } from '../../registry'
import { readNote, writeNote } from '../sourceNote'
import { diskNotes } from './diskNotes'
import { openWithoutLink, removeLink } from './durableFiles'
import { type DigestOptions, startDigest } from './fileDigest'
import { removeFolder } from './replaceFolder'

export interface WeightsFolder {
  readonly folder: string
  readonly model: PinnedModel
}

/** Fills a folder with the weights. Deletes the folder and resolves to false if they are not the pinned ones. */
export async function fillWithWeights(
  { folder, model }: WeightsFolder,
  options: DigestOptions,
  write: (partial: PartialFile) => Promise<void>,
): Promise<boolean> {
  const partial = await PartialFile.open({ folder, model }, options)
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
 * The weights received so far, in a folder of their own, with the digest of these bytes. If the process ends at any
 * point, the file has the bytes that the note next to it describes, or none.
 */
export class PartialFile implements GrowingFile {
  /**
   * Opens what exists of this file; discards what exists of another one. A symbolic link in place of the folder or of
   * the file is removed.
   */
  static async open({ folder, model }: WeightsFolder, options: DigestOptions): Promise<PartialFile> {
    await removeLink(folder)
    await mkdir(folder, { recursive: true })
    const note = await readNote(diskNotes(folder), model)
    const file = await openWithoutLink(join(folder, WEIGHTS_FILE), constants.O_RDWR | constants.O_CREAT)
    try {
      const { size } = await file.stat()
      const usable = note !== undefined && size <= model.bytes ? size : 0
      const hash = await startDigest(file, usable, options)
      const partial = new PartialFile({ folder, model }, file, hash)
      partial.bytes = usable
      partial.validator = note?.etag ?? null
      if (usable !== size) await partial.restart(null)
      return partial
    } catch (error) {
      await file.close()
      throw error
    }
  }

  private bytes = 0
  private validator: string | null = null

  private constructor(
    private readonly place: WeightsFolder,
    private readonly file: FileHandle,
    private hash: Hash,
  ) {}

  get length(): number {
    return this.bytes
  }

  get etag(): string | null {
    return this.validator
  }

  /** Truncates the file before it writes the note, so that a note never describes bytes of another file. */
  async restart(etag: string | null): Promise<void> {
    await this.file.truncate(0)
    this.hash = createHash('sha256')
    this.bytes = 0
    this.validator = etag
    await writeNote(diskNotes(this.place.folder), this.place.model, { etag })
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

  /** Whether the bytes are the pinned ones; they are flushed to the disk when this resolves. */
  async isPinnedFile(): Promise<boolean> {
    const { bytes, sha256 } = this.place.model
    await this.file.sync()
    return this.bytes === bytes && this.hash.copy().digest('hex') === sha256
  }

  async close(): Promise<void> {
    await this.file.close()
  }
}
