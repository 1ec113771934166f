import type { ByteSource } from './byteSource'

/** Bytes that are in memory in consecutive parts. */
export function bytesInParts(parts: readonly Uint8Array[]): ByteSource {
  return sourceOf([...parts], () => undefined)
}

/**
 * The same for a reader that asks `readNow` for every byte once: a part's memory is given back when it was read.
 * Reading it again throws.
 */
export function bytesReadOnce(parts: readonly Uint8Array[]): ByteSource {
  const kept: (Uint8Array | undefined)[] = [...parts]
  const unread = parts.map((part) => part.length)
  return sourceOf(kept, (index, length) => {
    unread[index] -= length
    if (unread[index] > 0) return
    giveBack(parts[index])
    kept[index] = undefined
  })
}

function sourceOf(
  parts: (Uint8Array | undefined)[],
  onReadNow: (index: number, length: number) => void,
): ByteSource {
  const ends: number[] = []
  for (const part of parts) ends.push((ends.at(-1) ?? 0) + (part?.length ?? 0))
  const size = ends.at(-1) ?? 0

  const copy = (offset: number, target: Uint8Array, onCopy: (index: number, length: number) => void) => {
    if (offset + target.length > size) throw new Error(`the bytes end at ${size}`)
    let filled = 0
    for (let i = ends.findIndex((end) => end > offset); filled < target.length; i++) {
      const part = parts[i]
      if (part === undefined) throw new Error(`the bytes before ${ends[i]} were given back`)
      const from = offset + filled - (ends[i] - part.length)
      const bytes = part.subarray(from, from + target.length - filled)
      target.set(bytes, filled)
      filled += bytes.length
      onCopy(i, bytes.length)
    }
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

/** At once, where the part has its memory to itself: the garbage collector may leave it for long. Node 20 cannot. */
function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && 'transfer' in buffer)
    buffer.transfer(0)
}
