import type { NoteStorage } from '../sourceNote'
import type { WholeFiles } from './wholeFiles'

/** The files of one model: in the browser's storage until its quota is exhausted, then in memory. */
export class SliceSpace implements NoteStorage {
  private readonly inMemory = new Map<string, Uint8Array>()
  private isFull = false

  constructor(
    private readonly files: WholeFiles,
    private readonly folder: string,
    /** Called once, with the storage's error. */
    private readonly onFull: (reason: unknown) => void,
  ) {}

  async write(name: string, bytes: Uint8Array): Promise<void> {
    if (!this.isFull) {
      try {
        await this.files.write(`${this.folder}/${name}`, bytes)
        return
      } catch (reason) {
        this.isFull = true
        this.onFull(reason)
      }
    }
    this.inMemory.set(name, bytes)
  }

  /** Undefined if the file does not exist. */
  async read(name: string): Promise<Uint8Array | undefined> {
    return this.inMemory.get(name)?.slice() ?? this.files.read(`${this.folder}/${name}`)
  }

  async names(): Promise<ReadonlySet<string>> {
    return new Set([...(await this.files.list(this.folder)), ...this.inMemory.keys()])
  }

  /** Whether the file is lost when the window closes. */
  isInMemory(name: string): boolean {
    return this.inMemory.has(name)
  }

  /** Deletes all files. */
  async clear(): Promise<void> {
    this.inMemory.clear()
    this.isFull = false
    await this.files.delete(this.folder)
  }
}
