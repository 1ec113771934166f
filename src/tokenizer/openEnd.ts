// A text that goes on may end in other tokens than it does now. GPT-2's pattern, which cuts it into pre-tokens before
// any token is made: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+

import type { TokenizedText } from '../shared/contracts/tokenizedText'

/**
 * Tokens of an open end at most. A pre-token is longer only in texts without spaces (CJK, base64), where it is backed up
 * by this many tokens instead of to its beginning: a best effort, of which a continuation may move more.
 */
export const MAX_OPEN_TOKENS = 8

/**
 * How many of a text's first tokens no continuation can change: those before its last pre-token. `tokens` are those of
 * `text`, which may be the end of a longer text as long as their offsets are `text`'s.
 */
export function settledTokens(text: string, tokens: TokenizedText): number {
  const count = tokens.tokenIds.length
  if (count === 0) return 0
  // One token more, so that a pre-token that begins within reach is seen from its beginning.
  const tailStart = tokens.starts[Math.max(0, count - MAX_OPEN_TOKENS - 1)]
  const end = tailStart + openEndOf(text.slice(tailStart))
  let settled = count
  while (settled > Math.max(0, count - MAX_OPEN_TOKENS) && tokens.starts[settled - 1] >= end) settled--
  return settled
}

/** Where the last pre-token begins, or the apostrophe that may yet make one of it (`'r`, `'re`). */
function openEndOf(text: string): number {
  const preTokens = [...text.matchAll(PRE_TOKENS)]
  const last = preTokens.at(-1)
  const before = preTokens.at(-2)
  if (last === undefined) return 0
  return before?.[0] === "'" && HALF_CONTRACTIONS.has(last[0]) ? before.index : last.index
}

const HALF_CONTRACTIONS = new Set(['r', 'v', 'l'])

const PRE_TOKENS = new RegExp(
  [
    String.raw`'(?:[stmd]|re|ve|ll)`,
    String.raw` ?\p{L}+`,
    String.raw` ?\p{N}+`,
    String.raw` ?[^\p{White_Space}\p{L}\p{N}]+`,
    String.raw`\p{White_Space}+(?!\P{White_Space})`,
    String.raw`\p{White_Space}+`,
  ].join('|'),
  'gu',
)
