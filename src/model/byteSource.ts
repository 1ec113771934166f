import { readSync } from 'node:fs'
import { open } from 'node:fs/promises'

/** Bytes that can be read from any place: a file on the desktop, something else elsewhere. */
export interface ByteSource {
  readonly size: number
  /** Exactly `length` bytes from `offset` on; rejects where the source ends before. */
  read(offset: number, length: number): Promise<Uint8Array>
  /** Fills `target` from `offset` on before it returns, for a reader that cannot wait; throws where the source ends before. */
  readNow(offset: number, target: Uint8Array): void
  close(): Promise<void>
}

/** Node reads less than 2 GiB at once. */
const MAX_READ_BYTES = 1024 ** 3

/** Opens a file; rejects with Node's own error where it cannot. */
export async function openFile(path: string): Promise<ByteSource> {
  const file = await open(path, 'r')
  const stat = await file.stat()
  if (!stat.isFile()) {
    await file.close()
    throw new Error(`${path} is not a file`)
  }
  const { size } = stat
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      let filled = 0
      while (filled < length) {
        const { bytesRead } = await file.read(
          bytes,
          filled,
          Math.min(length - filled, MAX_READ_BYTES),
          offset + filled,
        )
        if (bytesRead === 0) throw new Error(`${path} ends at byte ${offset + filled}`)
        filled += bytesRead
      }
      return bytes
    },
    readNow(offset, target) {
      let filled = 0
      while (filled < target.length) {
        const length = Math.min(target.length - filled, MAX_READ_BYTES)
        const bytesRead = readSync(file.fd, target, filled, length, offset + filled)
        if (bytesRead === 0) throw new Error(`${path} ends at byte ${offset + filled}`)
        filled += bytesRead
      }
    },
    close: () => file.close(),
  }
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
