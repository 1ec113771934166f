import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

/** Large enough to be fast, small enough to leave the extension host's thread free in between. */
const READ_BYTES = 1024 * 1024

export interface DigestOptions {
  readonly signal: AbortSignal
  /** Called with the number of bytes read so far. */
  readonly onBytes: (bytes: number) => void
}

/**
 * SHA-256 of the first `length` bytes of a file; more bytes can be added to it.
 * @throws the signal's reason, or Error if the file is shorter
 */
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
