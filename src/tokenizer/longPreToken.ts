// A pre-token can have megabytes: text without white space, a line of dashes. It is merged in windows, so that memory
// and the time between two turns do not depend on its length.
//
// Windows are exact, because a sequence of tokens is the encoding of its bytes if every two neighbours are the encoding
// of theirs. (Otherwise consider the first merge across a border of the sequence. All merges before it are inside of
// tokens, so it is also the first one across the border if only its two tokens are encoded.) Two windows are joined at a
// token that both have at the same place, so every two neighbours are in one of them. GitHub's `bpe` (rust-gems, 2024)
// uses the same theorem.

import { elementAt } from '../shared/elementAt'
import type { Vocabulary } from '../shared/text/vocabulary'
import { mergeBytes } from './mergeBytes'
import type { PairTable } from './pairTable'
import type { TimeSlice } from './timeSlice'

/** How a long pre-token is divided. */
export interface WindowSize {
  readonly bytes: number
  /** Tokens at the end of a window that the next window begins with if both have the first of them; at least 1. */
  readonly overlap: number
}

export interface LongPreTokenOptions {
  readonly vocabulary: Vocabulary
  readonly pairs: PairTable
  readonly slice: TimeSlice
  readonly windowSize: WindowSize
}

/**
 * The tokens of a pre-token that is given as UTF-8, in parts.
 * @throws the signal's reason
 */
export async function encodeLongPreToken(
  bytes: Uint8Array,
  { windowSize, ...options }: LongPreTokenOptions,
): Promise<readonly Int32Array[]> {
  for (let size = windowSize; ; size = { bytes: 2 * size.bytes, overlap: 2 * size.overlap }) {
    const parts = await encodeInWindows(bytes, { windowSize: size, ...options })
    if (parts !== undefined) return parts
  }
}

/** Undefined if two windows have no token in common, which happens only if they are very small. */
async function encodeInWindows(
  bytes: Uint8Array,
  { vocabulary, pairs, slice, windowSize }: LongPreTokenOptions,
): Promise<Int32Array[] | undefined> {
  const windowAt = (from: number) => mergeBytes(bytes.subarray(from, from + windowSize.bytes), pairs)
  const parts: Int32Array[] = []
  let start = 0
  let tokens = windowAt(start)
  let overlap = windowSize.overlap
  while (start + windowSize.bytes < bytes.length) {
    if (slice.isOver) await slice.next()
    if (overlap >= tokens.length) return undefined
    const settled = tokens.subarray(0, tokens.length - overlap)
    const nextStart = settled.reduce((end, id) => end + vocabulary.byteLengthOf(id), start)
    const nextTokens = windowAt(nextStart)
    if (nextTokens[0] === elementAt(tokens, settled.length)) {
      parts.push(settled)
      start = nextStart
      tokens = nextTokens
      overlap = windowSize.overlap
    } else {
      overlap *= 2
    }
  }
  parts.push(tokens)
  return parts
}
