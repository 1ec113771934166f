/**
 * The end of a continuation that may have `maxLines` lines: the newline that ends the last of them. Newlines before the
 * first visible character are not counted, since the continuation's text starts after them.
 * @returns the offset of that newline; undefined if the continuation has fewer lines
 */
export function lineEnd(continuation: Uint8Array, maxLines: number): number | undefined {
  let lines = 0
  const firstVisible = continuation.findIndex((byte) => !WHITE_SPACE.has(byte))
  if (firstVisible === -1) return undefined
  const end = continuation.findIndex((byte, i) => i > firstVisible && byte === LF && ++lines === maxLines)
  return end === -1 ? undefined : end
}

const LF = 0x0a
/** ASCII whitespace. A byte of any other character counts as visible. */
const WHITE_SPACE = new Set([0x09, LF, 0x0b, 0x0c, 0x0d, 0x20])
