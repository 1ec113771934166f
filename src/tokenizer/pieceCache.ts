import type { TokenizedText } from '../shared/contracts/tokenizedText'

/** Size of a few large documents in UTF-16 units; with their tokens about 30 MB. */
const MAX_CACHED_UNITS = 4 * 1024 * 1024

/** A least-recently-used cache of tokens. The key is the piece's text, so an edit elsewhere does not invalidate it. */
export class PieceCache {
  /** In the order of use; the most recently used piece is last. */
  private readonly pieces = new Map<string, TokenizedText>()
  private units = 0

  constructor(private readonly maxUnits = MAX_CACHED_UNITS) {}

  get(piece: string): TokenizedText | undefined {
    const tokens = this.pieces.get(piece)
    if (tokens === undefined) return undefined
    this.pieces.delete(piece)
    this.pieces.set(piece, tokens)
    return tokens
  }

  /** @param tokens with ranges relative to the start of the piece */
  set(piece: string, tokens: TokenizedText): void {
    if (piece.length > this.maxUnits) return
    // Two texts that are tokenized in turns may both compute the same piece.
    if (this.get(piece) !== undefined) return
    this.pieces.set(ownCopy(piece), tokens)
    this.units += piece.length
    for (const oldest of this.pieces.keys()) {
      if (this.units <= this.maxUnits) break
      this.pieces.delete(oldest)
      this.units -= oldest.length
    }
  }
}

/** A slice would keep the whole document in memory. */
function ownCopy(slice: string): string {
  return structuredClone(slice)
}
