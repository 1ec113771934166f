import { concatBytes } from '../../src/shared/bytes'
import type { Section, Token } from '../../src/shared/contracts/prediction'
import { type TokenPiece, tokenPieces } from '../../src/shared/text/tokenText'
import type { TokenLabels } from './tokenLabels'

/** What fits into a line or two. */
const CONTEXT_TOKENS = 24

/** The end of what stands before a token, in the section and before it. */
export function contextBefore(
  { tokens, contextExcerpt }: Section,
  position: number,
  labels: TokenLabels,
): readonly TokenPiece[] {
  const start = Math.max(0, position - CONTEXT_TOKENS)
  const inSection = tokens.slice(start, position).map(({ tokenId }) => labels.bytesOf(tokenId))
  const before = start === 0 ? new TextEncoder().encode(contextExcerpt) : new Uint8Array()
  return tokenPieces(concatBytes([before, ...inSection]))
}

/** The characters that a token shares with its neighbours; null where it holds whole ones. */
export function splitCharacterAt(
  tokens: readonly Token[],
  position: number,
  labels: TokenLabels,
): string | null {
  if (!tokens[position].partial) return null
  const touches = (a: Token, b: Token) => a.range.start < b.range.end && b.range.start < a.range.end
  let start = position
  while (start > 0 && touches(tokens[start - 1], tokens[start])) start--
  let end = position + 1
  while (end < tokens.length && touches(tokens[end - 1], tokens[end])) end++
  const bytes = concatBytes(tokens.slice(start, end).map(({ tokenId }) => labels.bytesOf(tokenId)))
  return tokenPieces(bytes)
    .map((piece) => piece.shown)
    .join('')
}
