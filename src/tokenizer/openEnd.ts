// When a text is continued, its last tokens may change. GPT-2's pattern, which splits a text into pre-tokens before they
// are encoded: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+

import type { TokenizedText } from '../shared/contracts/tokenizedText'
import { elementAt } from '../shared/elementAt'

/**
 * Largest number of tokens that count as open. A pre-token is longer only in texts without spaces (CJK, base64). There
 * the open end starts this many tokens before the end instead of at the pre-token, and a continuation may change more.
 */
export const MAX_OPEN_TOKENS = 8

/**
 * The number of first tokens that no continuation of the text can change: those before its last pre-token.
 * @param tokens of `text`, with offsets relative to it; `text` may be the end of a longer text
 */
export function settledTokens(text: string, tokens: TokenizedText): number {
  const count = tokens.tokenIds.length
  if (count === 0) return 0
  // One more token, so that a pre-token that begins within MAX_OPEN_TOKENS is complete.
  const tailStart = elementAt(tokens.starts, Math.max(0, count - MAX_OPEN_TOKENS - 1))
  const end = tailStart + openEndOf(text.slice(tailStart))
  const min = Math.max(0, count - MAX_OPEN_TOKENS)
  let settled = count
  while (settled > min && elementAt(tokens.starts, settled - 1) >= end) settled--
  return settled
}

/** Start of the last pre-token, or of the apostrophe before it if both may become a contraction (`'r` → `'re`). */
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
