import { speakToken, type TokenPiece, tokenPieces } from '../../src/shared/text/tokenText'
import type { Vocabulary } from '../../src/shared/text/vocabulary'

/** How each token of the vocabulary is shown and read aloud; computed once per token. */
export class TokenLabels {
  private readonly pieces = new Map<number, readonly TokenPiece[]>()
  private readonly spoken = new Map<number, string>()

  constructor(private readonly vocabulary: Vocabulary) {}

  bytesOf(tokenId: number): Uint8Array {
    return this.vocabulary.bytesOf(tokenId)
  }

  piecesOf(tokenId: number): readonly TokenPiece[] {
    return cached(this.pieces, tokenId, () => tokenPieces(this.bytesOf(tokenId)))
  }

  /** The token as one string, for a tool tip: `·catch` */
  show(tokenId: number): string {
    return shownText(this.piecesOf(tokenId))
  }

  /** The token as a screen reader reads it: `catch, leading space` */
  speak(tokenId: number): string {
    return cached(this.spoken, tokenId, () => speakToken(this.bytesOf(tokenId)))
  }
}

/** Pieces as one string, for a tool tip. */
export function shownText(pieces: readonly TokenPiece[]): string {
  return pieces.map(({ shown }) => shown).join('')
}

function cached<T>(cache: Map<number, T>, key: number, compute: () => T): T {
  const known = cache.get(key)
  if (known !== undefined) return known
  const value = compute()
  cache.set(key, value)
  return value
}
