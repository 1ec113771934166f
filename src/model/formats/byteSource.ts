/** Bytes that can be read from any place: a file on the desktop, something else elsewhere. */
export interface ByteSource {
  readonly size: number
  /** Exactly `length` bytes from `offset` on; rejects where the source ends before. */
  read(offset: number, length: number): Promise<Uint8Array>
  /** Fills `target` from `offset` on before it returns, for a reader that cannot wait; throws where the source ends before. */
  readNow(offset: number, target: Uint8Array): void
  close(): Promise<void>
}

/** Bytes that are in memory already. */
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
