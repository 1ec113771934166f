/** Where the list of a ZIP file's entries is; at its very end, as long as the file has no comment. */
const END_RECORD = { signature: 0x06054b50, length: 22, count: 10, listOffset: 16 }

/** One entry of that list: its head, then its name, an extra field and a comment. */
const ENTRY = {
  signature: 0x02014b50,
  length: 46,
  size: 24,
  nameLength: 28,
  extraLength: 30,
  commentLength: 32,
}

/** The files in a ZIP, each with its size when unpacked. */
export function zipEntries(zip: Buffer): Map<string, number> {
  const end = zip.length - END_RECORD.length
  expectSignature(zip, end, END_RECORD.signature)
  const count = zip.readUInt16LE(end + END_RECORD.count)

  const entries = new Map<string, number>()
  let offset = zip.readUInt32LE(end + END_RECORD.listOffset)
  for (let i = 0; i < count; i++) {
    const { name, size, length } = readEntry(zip, offset)
    entries.set(name, size)
    offset += length
  }
  return entries
}

function readEntry(zip: Buffer, offset: number): { name: string; size: number; length: number } {
  expectSignature(zip, offset, ENTRY.signature)
  const nameLength = zip.readUInt16LE(offset + ENTRY.nameLength)
  const nameOffset = offset + ENTRY.length
  return {
    name: zip.toString('utf8', nameOffset, nameOffset + nameLength),
    size: zip.readUInt32LE(offset + ENTRY.size),
    length:
      ENTRY.length +
      nameLength +
      zip.readUInt16LE(offset + ENTRY.extraLength) +
      zip.readUInt16LE(offset + ENTRY.commentLength),
  }
}

function expectSignature(zip: Buffer, offset: number, signature: number): void {
  if (zip.readUInt32LE(offset) !== signature) throw new Error(`no ZIP record at byte ${offset}`)
}
