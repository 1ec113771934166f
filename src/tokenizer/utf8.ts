import { isPairAt } from './characterClasses'
import type { TimeSlice } from './timeSlice'

/** UTF-16 units that are converted without a check of the time: a fraction of a millisecond. */
const UNITS_PER_CHECK = 32 * 1024

/**
 * The bytes of a text as the tokenizer sees them, converted in turns: a CRLF is one LF, a lone surrogate is U+FFFD.
 * @throws the signal's reason
 */
export async function toUtf8(text: string, slice: TimeSlice): Promise<Uint8Array> {
  const encoder = new TextEncoder()
  const bytes = new Uint8Array(3 * text.length)
  let length = 0
  let start = 0
  while (start < text.length) {
    let end = start + UNITS_PER_CHECK
    if (isPairAt(text, end - 1) || text.startsWith('\r\n', end - 1)) end++
    const part = text.slice(start, end).replaceAll('\r\n', '\n')
    length += encoder.encodeInto(part, bytes.subarray(length)).written
    start = end
    if (slice.isOver) await slice.next()
  }
  return bytes.subarray(0, length)
}
