import { concatBytes } from '../../src/shared/bytes'
import { elementAt } from '../../src/shared/elementAt'
import type { Section } from '../../src/shared/contracts/panel/inspection'
import type { Token } from '../../src/shared/contracts/engine/prediction'
import { type TokenPiece, tokenPieces } from '../../src/shared/text/tokenText'
import type { TokenLabels } from './tokenLabels'

/** Roughly what fits into one or two lines. */
const CONTEXT_TOKENS = 24

/** The last tokens before `position`; at the start of the section, also the end of the context before it. */
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

/**
 * The characters that the token shares with its neighbours; null if it consists of whole characters.
 *
 * @throws RangeError if there is no token at `position`
 */
export function splitCharacterAt(
  tokens: readonly Token[],
  position: number,
  labels: TokenLabels,
): string | null {
  if (!elementAt(tokens, position).partial) return null
  const sharesWithNext = (index: number) => overlap(tokens[index], tokens[index + 1])
  let start = position
  while (sharesWithNext(start - 1)) start--
  let end = position + 1
  while (sharesWithNext(end - 1)) end++
  const bytes = concatBytes(tokens.slice(start, end).map(({ tokenId }) => labels.bytesOf(tokenId)))
  return tokenPieces(bytes)
    .map((piece) => piece.shown)
    .join('')
}

function overlap(a: Token | undefined, b: Token | undefined): boolean {
  if (a === undefined || b === undefined) return false
  return a.range.start < b.range.end && b.range.start < a.range.end
}
