// Decodes UTF-8 and keeps where each character is.

import { elementAt } from '../elementAt'

/** A character of a byte sequence, or invalid bytes (`codePoint` null). */
export interface Utf8Unit {
  readonly start: number
  readonly end: number
  readonly codePoint: number | null
}

/** The characters of a byte sequence in order; adjacent invalid bytes are one unit. */
export function scanUtf8(bytes: Uint8Array): Utf8Unit[] {
  const units: Utf8Unit[] = []
  for (let start = 0; start < bytes.length;) {
    const { codePoint, length } = readUtf8(bytes, start)
    const before = units.at(-1)
    if (codePoint === null && before?.codePoint === null)
      units[units.length - 1] = { ...before, end: start + length }
    else units.push({ start, end: start + length, codePoint })
    start += length
  }
  return units
}

/** The smallest code point by number of bytes: overlong encodings are invalid. */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000]

function readUtf8(bytes: Uint8Array, at: number): { codePoint: number | null; length: number } {
  const lead = elementAt(bytes, at)
  if (lead < 0x80) return { codePoint: lead, length: 1 }
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
  const invalid = { codePoint: null, length: 1 }
  if (lead < 0xc0 || lead > 0xf4 || at + length > bytes.length) return invalid
  let codePoint = lead & (0xff >> (length + 1))
  for (let i = 1; i < length; i++) {
    const byte = elementAt(bytes, at + i)
    if ((byte & 0xc0) !== 0x80) return invalid
    codePoint = (codePoint << 6) | (byte & 0x3f)
  }
  const surrogate = codePoint >= 0xd800 && codePoint <= 0xdfff
  return codePoint < elementAt(SMALLEST, length) || codePoint > 0x10ffff || surrogate
    ? invalid
    : { codePoint, length }
}
