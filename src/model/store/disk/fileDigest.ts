import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

/** Large enough for speed, small enough for the host's thread to do something else in between. */
const READ_BYTES = 1024 * 1024

export interface DigestOptions {
  readonly signal: AbortSignal
  readonly onBytes: (bytes: number) => void
}

/** SHA-256 of the first `length` bytes of a file, still open for more. */
export async function startDigest(
  file: FileHandle,
  length: number,
  { signal, onBytes }: DigestOptions,
): Promise<Hash> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  let done = 0
  while (done < length) {
    signal.throwIfAborted()
    const { bytesRead } = await file.read(buffer, 0, Math.min(READ_BYTES, length - done), done)
    if (bytesRead === 0) throw new Error(`the file ends at byte ${done} of ${length}`)
    hash.update(buffer.subarray(0, bytesRead))
    done += bytesRead
    onBytes(done)
  }
  return hash
}
