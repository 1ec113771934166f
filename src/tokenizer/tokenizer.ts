import { init, Tiktoken } from 'tiktoken/lite/init'
import { TokenizerCrashedError } from '../shared/errors'
import type { TokenizedText } from '../shared/contracts/tokenizedText'
import type { Vocabulary } from '../shared/text/vocabulary'
import { rangesOfTokens } from './byteRanges'
import { PieceCache } from './pieceCache'
import { piecesOf, refuseLongRuns } from './pieces'
import { type Gpt2Ranks, vocabularyOf } from './ranks'

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

export interface TokenizeOptions {
  readonly signal: AbortSignal
  /** Waits for one macrotask, so that a cancel can reach `signal`. */
  readonly turn: () => Promise<void>
}

/** About ten milliseconds of work, after which a cancel can take effect. */
const UNITS_PER_TURN = 32 * 1024

/** Converts text to GPT-2's tokens with their UTF-16 ranges. Names of special tokens are encoded as ordinary text. */
export class Tokenizer {
  static async load({ wasm, ranks }: TokenizerAssets): Promise<Tokenizer> {
    await init((imports: object) => WebAssembly.instantiate(wasm, imports))
    return new Tokenizer(new Tiktoken(ranks.bpe_ranks, {}, ranks.pat_str), vocabularyOf(ranks))
  }

  private readonly cache = new PieceCache()

  private constructor(
    private readonly tiktoken: Tiktoken,
    readonly vocabulary: Vocabulary,
  ) {}

  /**
   * Encodes CRLF as one LF that covers both units, and a lone surrogate as U+FFFD.
   * @throws the signal's reason, TextRunTooLongError, TokenizerCrashedError
   */
  async tokenize(text: string, { signal, turn }: TokenizeOptions): Promise<TokenizedText> {
    const pieces: PlacedTokens[] = []
    let unitsSinceTurn = 0
    signal.throwIfAborted()
    for (const piece of piecesOf(text)) {
      const pieceText = text.slice(piece.start, piece.end)
      let tokens = this.cache.get(pieceText)
      if (tokens === undefined) {
        if (unitsSinceTurn >= UNITS_PER_TURN) {
          await turn()
          signal.throwIfAborted()
          unitsSinceTurn = 0
        }
        refuseLongRuns(text, piece)
        tokens = this.tokenizePiece(pieceText)
        this.cache.set(pieceText, tokens)
        unitsSinceTurn += pieceText.length
      }
      pieces.push({ tokens, start: piece.start })
    }
    return concatenate(pieces)
  }

  dispose(): void {
    this.tiktoken.free()
  }

  private tokenizePiece(piece: string): TokenizedText {
    const tokenIds = Int32Array.from(this.encode(piece.replaceAll('\r\n', '\n')))
    const byteLengths = tokenIds.map((id) => this.vocabulary.bytesOf(id).length)
    return { tokenIds, ...rangesOfTokens(piece, byteLengths) }
  }

  /** tiktoken itself replaces lone surrogates with U+FFFD. */
  private encode(text: string): Uint32Array {
    try {
      return this.tiktoken.encode_ordinary(text)
    } catch (cause) {
      // The only error is a panic of the WASM module, after which its memory may be inconsistent.
      throw new TokenizerCrashedError('The tokenizer crashed on this text and must be restarted.', { cause })
    }
  }
}

/** A piece's tokens, and the start of the piece in the text. */
interface PlacedTokens {
  readonly tokens: TokenizedText
  readonly start: number
}

function concatenate(pieces: readonly PlacedTokens[]): TokenizedText {
  const count = pieces.reduce((sum, { tokens }) => sum + tokens.tokenIds.length, 0)
  const whole = {
    tokenIds: new Int32Array(count),
    starts: new Uint32Array(count),
    ends: new Uint32Array(count),
    partials: new Uint8Array(count),
  }
  let at = 0
  for (const { tokens, start } of pieces) {
    whole.tokenIds.set(tokens.tokenIds, at)
    whole.partials.set(tokens.partials, at)
    whole.starts.set(
      tokens.starts.map((unit) => start + unit),
      at,
    )
    whole.ends.set(
      tokens.ends.map((unit) => start + unit),
      at,
    )
    at += tokens.tokenIds.length
  }
  return whole
}
