import { inflateRawSync } from 'node:zlib'

/** The record at the end of a ZIP file without a comment: where the list of its files is. */
const END_RECORD = { signature: 0x06054b50, length: 22, count: 10, listOffset: 16 }

/** An entry of that list, which a name, an extra field and a comment follow. */
const ENTRY = {
  signature: 0x02014b50,
  length: 46,
  method: 10,
  compressedSize: 20,
  nameLength: 28,
  extraLength: 30,
  commentLength: 32,
  fileOffset: 42,
}

/** The header of a file, which its name, an extra field and its data follow. */
const FILE = { signature: 0x04034b50, length: 30, nameLength: 26, extraLength: 28 }

const STORED = 0

/** The contents of the files in a ZIP, by their paths. */
export function unzip(zip: Buffer): Map<string, Buffer> {
  const end = zip.length - END_RECORD.length
  expectSignature(zip, end, END_RECORD.signature)
  const count = zip.readUInt16LE(end + END_RECORD.count)

  const files = new Map<string, Buffer>()
  let offset = zip.readUInt32LE(end + END_RECORD.listOffset)
  for (let i = 0; i < count; i++) {
    const { name, content, length } = readEntry(zip, offset)
    files.set(name, content)
    offset += length
  }
  return files
}

function readEntry(zip: Buffer, offset: number): { name: string; content: Buffer; length: number } {
  expectSignature(zip, offset, ENTRY.signature)
  const nameLength = zip.readUInt16LE(offset + ENTRY.nameLength)
  const nameOffset = offset + ENTRY.length
  return {
    name: zip.toString('utf8', nameOffset, nameOffset + nameLength),
    content: readContent(zip, offset),
    length:
      ENTRY.length +
      nameLength +
      zip.readUInt16LE(offset + ENTRY.extraLength) +
      zip.readUInt16LE(offset + ENTRY.commentLength),
  }
}

function readContent(zip: Buffer, entry: number): Buffer {
  const file = zip.readUInt32LE(entry + ENTRY.fileOffset)
  expectSignature(zip, file, FILE.signature)
  const start =
    file + FILE.length + zip.readUInt16LE(file + FILE.nameLength) + zip.readUInt16LE(file + FILE.extraLength)
  const data = zip.subarray(start, start + zip.readUInt32LE(entry + ENTRY.compressedSize))
  return zip.readUInt16LE(entry + ENTRY.method) === STORED ? data : inflateRawSync(data)
}

function expectSignature(zip: Buffer, offset: number, signature: number): void {
  if (zip.readUInt32LE(offset) !== signature) throw new Error(`No ZIP record at byte ${offset}.`)
}
