import type { TokenizedText } from '../shared/contracts/tokenizedText'

/** A few large documents; with their tokens about 30 MB. */
const KEPT_UNITS = 4 * 1024 * 1024

/** Tokens of pieces of text, found by the piece itself: the right ones whatever became of the document around it. */
export class KeptPieces {
  /** The one used last is last. */
  private readonly pieces = new Map<string, TokenizedText>()
  private units = 0

  constructor(private readonly maxUnits = KEPT_UNITS) {}

  get(piece: string): TokenizedText | undefined {
    const tokens = this.pieces.get(piece)
    if (tokens === undefined) return undefined
    this.pieces.delete(piece)
    this.pieces.set(piece, tokens)
    return tokens
  }

  /** @param tokens with ranges from the beginning of the piece */
  keep(piece: string, tokens: TokenizedText): void {
    // Two texts that are tokenized by turns may both find that it was not kept.
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

/** A slice holds on to the text that it is a slice of, and that is a whole document. */
function ownCopy(slice: string): string {
  return structuredClone(slice)
}
