// The directory of a zip archive, with its 64-bit extension: NumPy writes it for every entry of a `.npz`.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT

import type { ByteSource } from '../../model/formats/byteSource'
import { formatCount } from '../../shared/text/format'
import { quoted } from '../../shared/text/quoted'
import { ArrayFileError, IncompleteArrayFileError } from '../source/errors'
import { inflated, MAX_INFLATED_BYTES } from './inflate'
import { rangeOf, type RawBytes } from './rawBytes'

export interface ZipEntry {
  readonly name: string
  /** 0: stored, 8: deflated; others are not supported. */
  readonly method: number
  readonly isEncrypted: boolean
  readonly compressedBytes: number
  readonly bytes: number
  /** Of the entry's local header. */
  readonly offset: number
}

/** A `.npz` with all states of gpt2-xl has 146 arrays. */
const MAX_ENTRIES = 4096
/** 46 bytes an entry, a name and extra fields. */
const MAX_DIRECTORY_BYTES = 4 * 1024 ** 2

const END_BYTES = 22
const MAX_COMMENT_BYTES = 0xffff
const END_SIGNATURE = 0x06054b50
const LOCATOR_BYTES = 20
const LOCATOR_SIGNATURE = 0x07064b50
const END64_BYTES = 56
const END64_SIGNATURE = 0x06064b50
const ENTRY_BYTES = 46
const ENTRY_SIGNATURE = 0x02014b50
const LOCAL_BYTES = 30
const LOCAL_SIGNATURE = 0x04034b50
const ZIP64_FIELD = 1
/** In a field of 32 or 16 bits: the value is in the 64-bit extension. */
const IN_EXTENSION_32 = 0xffffffff

/**
 * The entries of an archive, from the directory at its end.
 * @param file name of the file, for messages
 * @throws ArrayFileError; IncompleteArrayFileError if the directory is missing
 */
export async function readZipDirectory(source: ByteSource, file: string): Promise<ZipEntry[]> {
  const { offset, length, count } = await findDirectory(source, file)
  if (length > MAX_DIRECTORY_BYTES || count > MAX_ENTRIES) {
    throw malformed(
      file,
      `it has ${formatCount(count)} entries; at most ${formatCount(MAX_ENTRIES)} are supported`,
    )
  }
  if (offset + length > source.size) throw malformed(file, 'its directory is outside of the file')
  const directory = viewOf(await source.read(offset, length))
  const entries: ZipEntry[] = []
  for (let at = 0; at < length;) {
    if (at + ENTRY_BYTES > length || directory.getUint32(at, true) !== ENTRY_SIGNATURE)
      throw malformed(file, 'its directory is damaged')
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) =>
      directory.getUint16(at + field, true),
    )
    const end = at + ENTRY_BYTES + (nameBytes ?? 0) + (extraBytes ?? 0) + (commentBytes ?? 0)
    if (end > length) throw malformed(file, 'its directory is damaged')
    entries.push(entryAt(directory, at, file))
    at = end
  }
  if (entries.length !== count) throw malformed(file, 'its directory is damaged')
  return entries
}

/**
 * The content of an entry.
 * @throws ArrayFileError
 */
export async function contentOf(source: ByteSource, entry: ZipEntry, file: string): Promise<RawBytes> {
  const { name, method, offset, compressedBytes, bytes, isEncrypted } = entry
  if (isEncrypted) throw malformed(file, `${quoted(name)} is encrypted`)
  if (method !== 0 && method !== 8)
    throw malformed(file, `${quoted(name)} is compressed with method ${method}`)
  const outside = () => malformed(file, `${quoted(name)} is outside of the file`)
  if (offset + LOCAL_BYTES > source.size) throw outside()
  const local = viewOf(await source.read(offset, LOCAL_BYTES))
  if (local.getUint32(0, true) !== LOCAL_SIGNATURE)
    throw malformed(file, `the header of ${quoted(name)} is damaged`)
  const start = offset + LOCAL_BYTES + local.getUint16(26, true) + local.getUint16(28, true)
  if (start + compressedBytes > source.size) throw outside()
  const stored = rangeOf(source, start, compressedBytes)
  if (method === 8) {
    if (bytes > MAX_INFLATED_BYTES) {
      const limit = `at most ${formatCount(MAX_INFLATED_BYTES)} are supported`
      throw malformed(file, `${quoted(name)} has ${formatCount(bytes)} bytes when decompressed; ${limit}`)
    }
    return inflated(stored, bytes, file)
  }
  if (bytes !== compressedBytes) throw malformed(file, `the sizes of ${quoted(name)} contradict each other`)
  return stored
}

async function findDirectory(source: ByteSource, file: string) {
  const tailStart = Math.max(0, source.size - END_BYTES - MAX_COMMENT_BYTES)
  const tail = viewOf(await source.read(tailStart, source.size - tailStart))
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END_SIGNATURE) continue
    // The signature can occur in the comment too; the real one is as long before the end as its comment.
    if (at + END_BYTES + tail.getUint16(at + 20, true) !== tail.byteLength) continue
    return (
      (await directory64(source, tailStart + at, file)) ?? {
        count: tail.getUint16(at + 10, true),
        length: tail.getUint32(at + 12, true),
        offset: tail.getUint32(at + 16, true),
      }
    )
  }
  throw new IncompleteArrayFileError(
    `${quoted(file)} has no directory at its end: it was cut off, or is still being written. Save it again.`,
  )
}

/** The directory's place in the 64-bit extension; undefined if the archive has none. */
async function directory64(source: ByteSource, endOffset: number, file: string) {
  if (endOffset < LOCATOR_BYTES) return undefined
  const locator = viewOf(await source.read(endOffset - LOCATOR_BYTES, LOCATOR_BYTES))
  if (locator.getUint32(0, true) !== LOCATOR_SIGNATURE) return undefined
  const offset = size64(locator, 8, file)
  if (offset + END64_BYTES > endOffset) throw malformed(file, 'its directory is damaged')
  const end = viewOf(await source.read(offset, END64_BYTES))
  if (end.getUint32(0, true) !== END64_SIGNATURE) throw malformed(file, 'its directory is damaged')
  return { count: size64(end, 32, file), length: size64(end, 40, file), offset: size64(end, 48, file) }
}

function entryAt(directory: DataView, at: number, file: string): ZipEntry {
  const nameBytes = directory.getUint16(at + 28, true)
  const nameStart = directory.byteOffset + at + ENTRY_BYTES
  const name = new TextDecoder().decode(new Uint8Array(directory.buffer, nameStart, nameBytes))
  const extraStart = at + ENTRY_BYTES + nameBytes
  const extended = extendedSizes(directory, extraStart, extraStart + directory.getUint16(at + 30, true))
  // The extension has only those of the three that do not fit, in this order.
  const [bytes = 0, compressedBytes = 0, offset = 0] = [24, 20, 42].map((field) => {
    const value = directory.getUint32(at + field, true)
    return value === IN_EXTENSION_32 ? extended() : value
  })
  if (![bytes, compressedBytes, offset].every(Number.isSafeInteger))
    throw malformed(file, 'its directory is damaged')
  const isEncrypted = (directory.getUint16(at + 8, true) & 1) === 1
  return { name, method: directory.getUint16(at + 10, true), isEncrypted, bytes, compressedBytes, offset }
}

/** Returns the values of the 64-bit extension one after the other; NaN if it has no more. */
function extendedSizes(directory: DataView, start: number, end: number): () => number {
  let [next, fieldEnd] = [end, end]
  for (let at = start; at + 4 <= end; at += 4 + directory.getUint16(at + 2, true)) {
    if (directory.getUint16(at, true) !== ZIP64_FIELD) continue
    next = at + 4
    fieldEnd = Math.min(end, next + directory.getUint16(at + 2, true))
    break
  }
  return () => {
    if (next + 8 > fieldEnd) return NaN
    const value = Number(directory.getBigUint64(next, true))
    next += 8
    return value
  }
}

function size64(view: DataView, offset: number, file: string): number {
  const size = Number(view.getBigUint64(offset, true))
  if (!Number.isSafeInteger(size)) throw malformed(file, 'its directory is damaged')
  return size
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function malformed(file: string, what: string): ArrayFileError {
  return new ArrayFileError(`${quoted(file)} cannot be read: ${what}. Save it again with np.savez.`)
}
