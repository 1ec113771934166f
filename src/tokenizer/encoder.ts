import type { Tiktoken } from 'tiktoken/lite/init'
import { TokenizerCrashedError } from '../shared/errors'
import type { Vocabulary } from '../shared/text/vocabulary'
import { CharacterClass, classBefore } from './characterClasses'
import { encodeLongPreToken, type WindowSize } from './longPreToken'
import { longPreTokenEnd, preTokenEnd } from './preTokens'
import type { TimeSlice } from './timeSlice'
import { PairTable } from './pairTable'
import { toUtf8 } from './utf8'

/** At most 255 bytes of UTF-8. tiktoken takes quadratic time for a pre-token, so longer ones are merged here. */
const MAX_SHORT_UNITS = 85
/** UTF-16 units of short pre-tokens that tiktoken gets in one call: about a millisecond of work. */
const BATCH_UNITS = 2048
/** Half a millisecond of work; in a line of dashes the overlap is a quarter of it. */
const WINDOW_SIZE: WindowSize = { bytes: 2048, overlap: 8 }

/** Consecutive token ids. */
type TokenIds = ArrayLike<number>

/** Encodes a text of any kind in linear time, in turns. */
export class Encoder {
  private pairs: PairTable | undefined

  constructor(
    private readonly tiktoken: Tiktoken,
    private readonly vocabulary: Vocabulary,
  ) {}

  /**
   * The token ids of a text. A CRLF is encoded as one LF, a lone surrogate as U+FFFD.
   * @throws the signal's reason, TokenizerCrashedError
   */
  async encode(text: string, slice: TimeSlice): Promise<Int32Array> {
    const parts: TokenIds[] = []
    let batchStart = 0
    let lastStart = 0
    let start = 0
    while (start < text.length) {
      let end = preTokenEnd(text, start, MAX_SHORT_UNITS)
      if (end - start > MAX_SHORT_UNITS) {
        // At the end of a text tiktoken would join two pre-tokens of white space, so the last one is encoded alone.
        const cut = endsInWhiteSpace(text, start) ? lastStart : start
        parts.push(this.encodeShort(text.slice(batchStart, cut)))
        parts.push(this.encodeShort(text.slice(cut, start)))
        end = await longPreTokenEnd(text, { start, scanned: end }, slice)
        for (const part of await this.encodeLong(text.slice(start, end), slice)) parts.push(part)
        batchStart = end
      } else if (end - batchStart >= BATCH_UNITS && !endsInWhiteSpace(text, end)) {
        parts.push(this.encodeShort(text.slice(batchStart, end)))
        batchStart = end
        if (slice.isOver) await slice.next()
      }
      lastStart = Math.max(start, batchStart)
      start = end
    }
    parts.push(this.encodeShort(text.slice(batchStart)))
    return concatenate(parts, slice)
  }

  /** Encodes pre-tokens that are short and that tiktoken splits like the whole text. */
  private encodeShort(text: string): TokenIds {
    if (text === '') return []
    try {
      return this.tiktoken.encode_ordinary(text.replaceAll('\r\n', '\n'))
    } catch (cause) {
      // The only error is a panic of the WASM module, after which its memory may be inconsistent.
      throw new TokenizerCrashedError('The tokenizer crashed on this text and must be restarted.', { cause })
    }
  }

  private async encodeLong(preToken: string, slice: TimeSlice): Promise<readonly TokenIds[]> {
    const bytes = await toUtf8(preToken, slice)
    this.pairs ??= await PairTable.build(this.vocabulary, slice)
    const { vocabulary, pairs } = this
    return encodeLongPreToken(bytes, { vocabulary, pairs, slice, windowSize: WINDOW_SIZE })
  }
}

function endsInWhiteSpace(text: string, end: number): boolean {
  return classBefore(text, end) === CharacterClass.whiteSpace
}

async function concatenate(parts: readonly TokenIds[], slice: TimeSlice): Promise<Int32Array> {
  const whole = new Int32Array(parts.reduce((count, { length }) => count + length, 0))
  let count = 0
  for (const part of parts) {
    if (slice.isOver) await slice.next()
    whole.set(part, count)
    count += part.length
  }
  return whole
}
