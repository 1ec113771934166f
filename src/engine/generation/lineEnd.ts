/**
 * Where a continuation ends that may have `maxLines` lines: at the newline that would end the last of them.
 * Newlines before its first visible character are not counted: they only lead to where it begins.
 * @returns the offset of that newline; undefined where the continuation does not come so far
 */
export function lineEnd(continuation: Uint8Array, maxLines: number): number | undefined {
  let lines = 0
  const firstVisible = continuation.findIndex((byte) => !WHITE_SPACE.has(byte))
  if (firstVisible === -1) return undefined
  const end = continuation.findIndex((byte, i) => i > firstVisible && byte === LF && ++lines === maxLines)
  return end === -1 ? undefined : end
}

const LF = 0x0a
/** ASCII's; a byte of any other character counts as visible. */
const WHITE_SPACE = new Set([0x09, LF, 0x0b, 0x0c, 0x0d, 0x20])
