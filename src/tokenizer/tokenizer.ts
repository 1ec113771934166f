import { init, Tiktoken } from 'tiktoken/lite/init'
import { TokenizerCrashedError } from '../shared/errors'
import type { TokenizedText } from '../shared/contracts/tokenizedText'
import type { Vocabulary } from '../shared/text/vocabulary'
import { rangesOfTokens } from './byteRanges'
import { KeptPieces } from './keptPieces'
import { piecesOf, refuseLongRuns } from './pieces'
import { type Gpt2Ranks, vocabularyOf } from './ranks'

export interface TokenizerAssets {
  /** `tiktoken/lite/tiktoken_bg.wasm` */
  readonly wasm: Uint8Array
  readonly ranks: Gpt2Ranks
}

export interface TokenizeOptions {
  readonly signal: AbortSignal
  /** Gives up one macrotask: only then does a cancel reach `signal`. */
  readonly turn: () => Promise<void>
}

/** Ten milliseconds of work or so: between two of them a cancel gets through. */
const UNITS_PER_TURN = 32 * 1024

/** Text → GPT-2's tokens with their UTF-16 ranges; special tokens' names are ordinary text. */
export class Tokenizer {
  static async load({ wasm, ranks }: TokenizerAssets): Promise<Tokenizer> {
    await init((imports) => WebAssembly.instantiate(wasm, imports))
    return new Tokenizer(new Tiktoken(ranks.bpe_ranks, {}, ranks.pat_str), vocabularyOf(ranks))
  }

  private readonly kept = new KeptPieces()

  private constructor(
    private readonly tiktoken: Tiktoken,
    readonly vocabulary: Vocabulary,
  ) {}

  /**
   * A CRLF is tokenized as one LF that covers both units, a lone surrogate as U+FFFD.
   * Rejects with the signal's reason, TextRunTooLongError or TokenizerCrashedError.
   */
  async tokenize(text: string, { signal, turn }: TokenizeOptions): Promise<TokenizedText> {
    const pieces: PlacedTokens[] = []
    let unitsSinceTurn = 0
    signal.throwIfAborted()
    for (const piece of piecesOf(text)) {
      const pieceText = text.slice(piece.start, piece.end)
      let tokens = this.kept.get(pieceText)
      if (tokens === undefined) {
        if (unitsSinceTurn >= UNITS_PER_TURN) {
          await turn()
          signal.throwIfAborted()
          unitsSinceTurn = 0
        }
        refuseLongRuns(text, piece)
        tokens = this.tokenizePiece(pieceText)
        this.kept.keep(pieceText, tokens)
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

  /** tiktoken itself puts U+FFFD where a surrogate is alone. */
  private encode(text: string): Uint32Array {
    try {
      return this.tiktoken.encode_ordinary(text)
    } catch (cause) {
      // Nothing else than a panic of the WASM ends here, and after one its memory is not to be trusted.
      throw new TokenizerCrashedError('The tokenizer crashed on this text and has to be started anew.', {
        cause,
      })
    }
  }
}

/** A piece's tokens, and where in the text it begins. */
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
    for (let i = 0; i < tokens.tokenIds.length; i++) {
      whole.starts[at + i] = start + tokens.starts[i]
      whole.ends[at + i] = start + tokens.ends[i]
    }
    at += tokens.tokenIds.length
  }
  return whole
}
