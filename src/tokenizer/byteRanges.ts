// Converts between GPT-2's tokens, which are bytes, and VS Code's offsets, which are UTF-16 units, in one pass.

import { elementAt } from '../shared/elementAt'

/** Positions of tokens in a text, as columns. */
export interface TokenRanges {
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  readonly partials: Uint8Array
}

/**
 * The UTF-16 ranges of consecutive tokens from the start of `text`, given their lengths in bytes. A token's range covers
 * all characters that its bytes touch; the token is partial if it begins or ends inside a character.
 * @throws RangeError if the tokens have more bytes than the text
 */
export function rangesOfTokens(text: string, byteLengths: ArrayLike<number>): TokenRanges {
  const ranges = new TokenRangesBuilder(text, byteLengths.length)
  for (let i = 0; i < byteLengths.length; i++) ranges.add(elementAt(byteLengths, i))
  return ranges
}

/** Finds the ranges that `rangesOfTokens` returns token by token, so that the work can be interrupted. */
export class TokenRangesBuilder implements TokenRanges {
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  readonly partials: Uint8Array
  private readonly character: CharacterCursor
  private added = 0
  /** Bytes of the tokens so far. */
  private bytes = 0

  /** @param count the number of tokens that will be added */
  constructor(text: string, count: number) {
    this.starts = new Uint32Array(count)
    this.ends = new Uint32Array(count)
    this.partials = new Uint8Array(count)
    this.character = new CharacterCursor(text)
  }

  /** @throws RangeError if the tokens have more bytes than the text */
  add(byteLength: number): void {
    const { character } = this
    const firstByte = this.bytes
    const endByte = firstByte + byteLength
    while (character.endByte <= firstByte) character.advance()
    this.starts[this.added] = character.start
    const beginsInside = character.firstByte < firstByte
    while (character.endByte < endByte) character.advance()
    this.ends[this.added] = character.end
    const endsInside = character.endByte > endByte
    this.partials[this.added] = beginsInside || endsInside ? 1 : 0
    this.bytes = endByte
    this.added++
  }
}

const CR = 0x0d
const LF = 0x0a

/** Iterates over the characters of a text, counting UTF-16 units and the bytes that the tokenizer encodes. */
class CharacterCursor {
  /** Units [start, end) of the current character; empty before the first `advance`. */
  start = 0
  end = 0
  /** Bytes [firstByte, endByte) of the current character. */
  firstByte = 0
  endByte = 0

  constructor(private readonly text: string) {}

  advance(): void {
    this.start = this.end
    this.firstByte = this.endByte
    const codePoint = this.text.codePointAt(this.start)
    if (codePoint === undefined) throw new RangeError('the tokens have more bytes than the text')
    const isCrLf = codePoint === CR && this.text.charCodeAt(this.start + 1) === LF
    this.end += isCrLf || codePoint > 0xffff ? 2 : 1
    this.endByte += isCrLf ? 1 : utf8Length(codePoint)
  }
}

/** A lone surrogate is encoded as U+FFFD, which has three bytes too. */
function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1
  if (codePoint < 0x800) return 2
  return codePoint < 0x10000 ? 3 : 4
}
