import { type ByteSource, bytesInMemory } from '../../model/formats/byteSource'

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

/**
 * The result of `reading`, if the file did not change meanwhile. If it did, that is the error, and the result is ignored: half of
 * an old and half of a new version can look damaged, or like wrong numbers.
 * @throws FileChangedError, and what `reading` throws
 */
export async function readUnchanged<T>(source: FileSource, reading: () => Promise<T>): Promise<T> {
  try {
    return await reading()
  } finally {
    // An error of the check replaces the result, and the error of `reading` too.
    await source.checkUnchanged()
  }
}
