/** Random access to bytes: a file on the desktop, memory or messages in a browser. */
export interface ByteSource {
  readonly size: number
  /** Reads exactly `length` bytes at `offset`; rejects if the source ends before. */
  read(offset: number, length: number): Promise<Uint8Array>
  /** Fills `target` with the bytes at `offset`, synchronously; throws if the source ends before. */
  readNow(offset: number, target: Uint8Array): void
  close(): Promise<void>
}

/** A source for bytes in memory. */
export function bytesInMemory(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) =>
      offset + length <= bytes.length
        ? Promise.resolve(bytes.slice(offset, offset + length))
        : Promise.reject(new Error(`the bytes end at ${bytes.length}`)),
    readNow: (offset, target) => {
      if (offset + target.length > bytes.length) throw new Error(`the bytes end at ${bytes.length}`)
      target.set(bytes.subarray(offset, offset + target.length))
    },
    close: () => Promise.resolve(),
  }
}
