import { speakToken, type TokenPiece, tokenPieces } from '../../src/shared/text/tokenText'
import type { Vocabulary } from '../../src/shared/text/vocabulary'

/** How each token of the vocabulary is shown and spoken; worked out once a token. */
export class TokenLabels {
  private readonly pieces = new Map<number, readonly TokenPiece[]>()
  private readonly spoken = new Map<number, string>()

  constructor(private readonly vocabulary: Vocabulary) {}

  bytesOf(tokenId: number): Uint8Array {
    return this.vocabulary.bytesOf(tokenId)
  }

  piecesOf(tokenId: number): readonly TokenPiece[] {
    return remember(this.pieces, tokenId, () => tokenPieces(this.bytesOf(tokenId)))
  }

  /** `catch, leading space` */
  speak(tokenId: number): string {
    return remember(this.spoken, tokenId, () => speakToken(this.bytesOf(tokenId)))
  }
}

function remember<T>(known: Map<number, T>, key: number, make: () => T): T {
  const before = known.get(key)
  if (before !== undefined) return before
  const value = make()
  known.set(key, value)
  return value
}
