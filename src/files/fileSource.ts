import { type ByteSource, bytesInMemory } from '../model/formats/byteSource'

/** A file that another program may rewrite while it is read. */
export interface FileSource {
  /** Name without folder, for messages. */
  readonly name: string
  readonly bytes: ByteSource
  /**
   * Every byte that was read before this call is of the same version of the file.
   * @throws FileChangedError if the file was rewritten, replaced or deleted since it was opened
   */
  checkUnchanged(): Promise<void>
}

/** A file whose bytes are in memory, as in a browser. */
export function fileInMemory(name: string, bytes: Uint8Array): FileSource {
  return { name, bytes: bytesInMemory(bytes), checkUnchanged: () => Promise.resolve() }
}
