import type { ByteSource } from './byteSource'

/** A source for consecutive parts in memory. */
export function bytesInParts(parts: readonly Uint8Array[]): ByteSource {
  return sourceOf(placed(parts), () => undefined)
}

/**
 * The same for a reader that calls `readNow` for every byte exactly once: the memory of a part is released when all of
 * it has been read. Reading it again throws.
 */
export function bytesReadOnce(parts: readonly Uint8Array[]): ByteSource {
  return sourceOf(placed(parts), (part, length) => {
    part.unread -= length
    if (part.unread > 0 || part.bytes === undefined) return
    release(part.bytes)
    part.bytes = undefined
  })
}

interface Part {
  /** First byte of the part and the byte after its last one, counted from the start of the source. */
  readonly start: number
  readonly end: number
  /** Undefined after its memory was released. */
  bytes: Uint8Array | undefined
  unread: number
}

function placed(parts: readonly Uint8Array[]): Part[] {
  let start = 0
  return parts.map((bytes) => {
    const end = start + bytes.length
    const part = { start, end, bytes, unread: bytes.length }
    start = end
    return part
  })
}

function sourceOf(parts: Part[], onReadNow: (part: Part, length: number) => void): ByteSource {
  const size = parts.at(-1)?.end ?? 0

  const copy = (offset: number, target: Uint8Array, onCopy: (part: Part, length: number) => void) => {
    const end = offset + target.length
    if (end > size) throw new Error(`the bytes end at ${size}`)
    let filled = 0
    for (const part of parts) {
      if (part.end <= offset || part.start >= end) continue
      if (part.bytes === undefined) throw new Error(`the memory of the bytes before ${part.end} was released`)
      const bytes = part.bytes.subarray(Math.max(0, offset - part.start), end - part.start)
      target.set(bytes, filled)
      filled += bytes.length
      onCopy(part, bytes.length)
    }
    if (filled < target.length) throw new Error('the source is closed')
  }

  return {
    size,
    read: (offset, length) =>
      new Promise((resolve) => {
        const bytes = new Uint8Array(length)
        copy(offset, bytes, () => undefined)
        resolve(bytes)
      }),
    readNow: (offset, target) => {
      copy(offset, target, onReadNow)
    },
    close: () => {
      parts.length = 0
      return Promise.resolve()
    },
  }
}

/**
 * Detaches the buffer, if no other part uses it, so that its memory is free before the next garbage collection. Node 20
 * has no `transfer`.
 */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && 'transfer' in buffer)
    buffer.transfer(0)
}
