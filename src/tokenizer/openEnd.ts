// When a text is continued, its last tokens may change.

import type { TokenizedText } from '../shared/contracts/engine/tokenizedText'
import { elementAt } from '../shared/elementAt'
import { preTokenEnd } from './preTokens'

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
  let before = 0
  let last = 0
  for (let start = 0; start < text.length; start = preTokenEnd(text, start, Infinity)) {
    before = last
    last = start
  }
  const mayBecomeContraction = text.slice(before, last) === "'" && HALF_CONTRACTIONS.has(text.slice(last))
  return mayBecomeContraction ? before : last
}

const HALF_CONTRACTIONS = new Set(['r', 'v', 'l'])
