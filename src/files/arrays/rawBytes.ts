// The bytes of an array in a file, compressed or not.

import type { ByteSource } from '../../model/formats/byteSource'
import { concatBytes } from '../../shared/bytes'

/** Bytes that can always be read in order, and in any order if they are not compressed. */
export interface RawBytes {
  readonly byteLength: number
  /** Reads exactly `length` bytes at `offset`; null if the bytes are compressed. */
  readonly read: ((offset: number, length: number) => Promise<Uint8Array>) | null
  /** All bytes in order, decompressed while they are asked for; a caller that needs no more ends the iteration. */
  chunks(): AsyncGenerator<Uint8Array, void, undefined>
}

/** Bytes of one read of a long range: few reads, and little memory. */
const CHUNK_BYTES = 1024 * 1024

/** A range of a file, which the caller has checked to be inside it. */
export function rangeOf(source: ByteSource, offset: number, byteLength: number): RawBytes {
  return {
    byteLength,
    read: (start, length) => source.read(offset + start, length),
    async *chunks() {
      for (let start = 0; start < byteLength; start += CHUNK_BYTES)
        yield await source.read(offset + start, Math.min(CHUNK_BYTES, byteLength - start))
    },
  }
}

/** The bytes after the first `skipped` ones. */
export function withoutPrefix(bytes: RawBytes, skipped: number): RawBytes {
  const { read } = bytes
  return {
    byteLength: bytes.byteLength - skipped,
    read: read === null ? null : (offset, length) => read(skipped + offset, length),
    async *chunks() {
      let left = skipped
      for await (const chunk of bytes.chunks()) {
        if (chunk.length > left) yield chunk.subarray(left)
        left = Math.max(0, left - chunk.length)
      }
    },
  }
}

/** The first `length` bytes, or all if there are fewer. */
export async function prefixOf(bytes: RawBytes, length: number): Promise<Uint8Array> {
  const wanted = Math.min(length, bytes.byteLength)
  if (bytes.read !== null) return bytes.read(0, wanted)
  const parts: Uint8Array[] = []
  let missing = wanted
  for await (const chunk of bytes.chunks()) {
    parts.push(chunk.subarray(0, missing))
    missing -= Math.min(missing, chunk.length)
    if (missing === 0) break
  }
  return concatBytes(parts)
}
