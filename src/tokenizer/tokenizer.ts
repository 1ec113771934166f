import { init, Tiktoken } from 'tiktoken/lite/init'
import type { TokenizedText } from '../shared/contracts/engine/tokenizedText'
import type { Vocabulary } from '../shared/text/vocabulary'
import { elementAt } from '../shared/elementAt'
import { TokenRangesBuilder } from './byteRanges'
import { Encoder } from './encoder'
import { PieceCache } from './pieceCache'
import { piecesOf } from './pieces'
import { type Gpt2Ranks, vocabularyOf } from './ranks'
import { TimeSlice, type TokenizeOptions } from './timeSlice'

/** The part of the global that is used here. TypeScript declares the global only in its libraries for browsers. */
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{ readonly instance: { readonly exports: object } }>
}

export interface TokenizerAssets {
  /** `tiktoken/lite/tiktoken_bg.wasm` */
  readonly wasm: Uint8Array
  readonly ranks: Gpt2Ranks
}

/** Tokens that are placed or copied without a check of the time: a fraction of a millisecond. */
const TOKENS_PER_CHECK = 16 * 1024

/** Converts text to GPT-2's tokens with their UTF-16 ranges. Names of special tokens are encoded as ordinary text. */
export class Tokenizer {
  static async load({ wasm, ranks }: TokenizerAssets): Promise<Tokenizer> {
    await init((imports: object) => WebAssembly.instantiate(wasm, imports))
    return new Tokenizer(new Tiktoken(ranks.bpe_ranks, {}, ranks.pat_str), vocabularyOf(ranks))
  }

  private readonly cache = new PieceCache()
  private readonly encoder: Encoder

  private constructor(
    private readonly tiktoken: Tiktoken,
    readonly vocabulary: Vocabulary,
  ) {
    this.encoder = new Encoder(tiktoken, vocabulary)
  }

  /**
   * Encodes CRLF as one LF that covers both units, and a lone surrogate as U+FFFD. Takes linear time for any text, and
   * gives up the thread every few milliseconds.
   * @throws the signal's reason, TokenizerCrashedError
   */
  async tokenize(text: string, options: TokenizeOptions): Promise<TokenizedText> {
    options.signal.throwIfAborted()
    const slice = new TimeSlice(options)
    const pieces: PlacedTokens[] = []
    for await (const piece of piecesOf(text, slice)) {
      const pieceText = text.slice(piece.start, piece.end)
      let tokens = this.cache.get(pieceText)
      if (tokens === undefined) {
        tokens = await this.tokenizePiece(pieceText, slice)
        this.cache.set(pieceText, tokens)
      }
      pieces.push({ tokens, start: piece.start })
      if (slice.isOver) await slice.next()
    }
    return concatenate(pieces, slice)
  }

  dispose(): void {
    this.tiktoken.free()
  }

  private async tokenizePiece(piece: string, slice: TimeSlice): Promise<TokenizedText> {
    const tokenIds = await this.encoder.encode(piece, slice)
    const { length } = tokenIds
    const ranges = new TokenRangesBuilder(piece, length)
    for (let i = 0; i < length; i++) {
      if (i % TOKENS_PER_CHECK === 0 && slice.isOver) await slice.next()
      ranges.add(this.vocabulary.byteLengthOf(elementAt(tokenIds, i)))
    }
    const { starts, ends, partials } = ranges
    return { tokenIds, starts, ends, partials }
  }
}

/** A piece's tokens, and the start of the piece in the text. */
interface PlacedTokens {
  readonly tokens: TokenizedText
  readonly start: number
}

async function concatenate(pieces: readonly PlacedTokens[], slice: TimeSlice): Promise<TokenizedText> {
  const count = pieces.reduce((sum, { tokens }) => sum + tokens.tokenIds.length, 0)
  const tokenIds = new Int32Array(count)
  const starts = new Uint32Array(count)
  const ends = new Uint32Array(count)
  const partials = new Uint8Array(count)
  let at = 0
  for (const { tokens, start } of pieces) {
    for (let i = 0; i < tokens.tokenIds.length; i++, at++) {
      if (at % TOKENS_PER_CHECK === 0 && slice.isOver) await slice.next()
      tokenIds[at] = elementAt(tokens.tokenIds, i)
      starts[at] = start + elementAt(tokens.starts, i)
      ends[at] = start + elementAt(tokens.ends, i)
      partials[at] = elementAt(tokens.partials, i)
    }
  }
  return { tokenIds, starts, ends, partials }
}
