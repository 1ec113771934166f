import type { TokenizedText } from '../shared/contracts/engine/tokenizedText'

/** Room for several megabytes of code, or for one megabyte of any text: at most three tokens for a UTF-16 unit. */
const MAX_CACHED_BYTES = 48 * 1024 * 1024
/** Measured: a piece's string, four typed arrays and entry, besides their contents. Without it, short texts have no bound. */
const BYTES_PER_PIECE = 1024
const BYTES_PER_UNIT = 2

/** A least-recently-used cache of tokens. The key is the piece's text, so an edit elsewhere does not invalidate it. */
export class PieceCache {
  /** In the order of use; the most recently used piece is last. */
  private readonly pieces = new Map<string, TokenizedText>()
  private bytes = 0

  constructor(private readonly maxBytes = MAX_CACHED_BYTES) {}

  get(piece: string): TokenizedText | undefined {
    const tokens = this.pieces.get(piece)
    if (tokens === undefined) return undefined
    this.pieces.delete(piece)
    this.pieces.set(piece, tokens)
    return tokens
  }

  /** @param tokens with ranges relative to the start of the piece */
  set(piece: string, tokens: TokenizedText): void {
    const added = bytesOf(piece, tokens)
    if (added > this.maxBytes) return
    // Two texts that are tokenized in turns may both compute the same piece.
    if (this.get(piece) !== undefined) return
    this.pieces.set(ownCopy(piece), tokens)
    this.bytes += added
    for (const [oldest, itsTokens] of this.pieces) {
      if (this.bytes <= this.maxBytes) break
      this.pieces.delete(oldest)
      this.bytes -= bytesOf(oldest, itsTokens)
    }
  }
}

function bytesOf(piece: string, { tokenIds, starts, ends, partials }: TokenizedText): number {
  const columns = tokenIds.byteLength + starts.byteLength + ends.byteLength + partials.byteLength
  return BYTES_PER_PIECE + BYTES_PER_UNIT * piece.length + columns
}

/** A slice would keep the whole document in memory. */
function ownCopy(slice: string): string {
  return structuredClone(slice)
}
