import { init, Tiktoken } from 'tiktoken/lite/init'
import { TokenizerCrashedError } from '../shared/errors'
import type { TextRange } from '../shared/prediction'
import type { TokenizedText } from '../shared/tokenizedText'
import type { Vocabulary } from '../shared/vocabulary'
import { rangesOfTokens } from './byteRanges'
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

/** Text → GPT-2's tokens with their UTF-16 ranges; special tokens' names are ordinary text. */
export class Tokenizer {
  static async load({ wasm, ranks }: TokenizerAssets): Promise<Tokenizer> {
    await init((imports) => WebAssembly.instantiate(wasm, imports))
    return new Tokenizer(new Tiktoken(ranks.bpe_ranks, {}, ranks.pat_str), vocabularyOf(ranks))
  }

  private constructor(
    private readonly tiktoken: Tiktoken,
    readonly vocabulary: Vocabulary,
  ) {}

  /**
   * A CRLF is tokenized as one LF that covers both units, a lone surrogate as U+FFFD.
   * Rejects with the signal's reason, TextRunTooLongError or TokenizerCrashedError.
   */
  async tokenize(text: string, { signal, turn }: TokenizeOptions): Promise<TokenizedText> {
    const pieces: TokenizedText[] = []
    for (const piece of piecesOf(text)) {
      if (pieces.length > 0) await turn()
      signal.throwIfAborted()
      refuseLongRuns(text, piece)
      pieces.push(this.tokenizePiece(text, piece))
    }
    return concatenate(pieces)
  }

  dispose(): void {
    this.tiktoken.free()
  }

  private tokenizePiece(text: string, { start, end }: TextRange): TokenizedText {
    const piece = text.slice(start, end)
    const tokenIds = Int32Array.from(this.encode(piece.replaceAll('\r\n', '\n')))
    const byteLengths = tokenIds.map((id) => this.vocabulary.bytesOf(id).length)
    return { tokenIds, ...rangesOfTokens(piece, byteLengths, start) }
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

function concatenate(pieces: readonly TokenizedText[]): TokenizedText {
  const count = pieces.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0)
  const whole = {
    tokenIds: new Int32Array(count),
    starts: new Uint32Array(count),
    ends: new Uint32Array(count),
    partials: new Uint8Array(count),
  }
  let at = 0
  for (const piece of pieces) {
    whole.tokenIds.set(piece.tokenIds, at)
    whole.starts.set(piece.starts, at)
    whole.ends.set(piece.ends, at)
    whole.partials.set(piece.partials, at)
    at += piece.tokenIds.length
  }
  return whole
}
