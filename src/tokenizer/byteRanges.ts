// GPT-2's tokens are bytes, VS Code's offsets are UTF-16 units: one walk over the characters joins them.

/** Where tokens stand in a text, in columns. */
export interface TokenRanges {
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  readonly partials: Uint8Array
}

/**
 * The UTF-16 ranges of tokens that follow each other from the beginning of `text`.
 * A token's range is the union of the characters that its bytes touch; it is partial
 * where it begins or ends inside one.
 */
export function rangesOfTokens(text: string, byteLengths: ArrayLike<number>): TokenRanges {
  const count = byteLengths.length
  const starts = new Uint32Array(count)
  const ends = new Uint32Array(count)
  const partials = new Uint8Array(count)
  const character = new CharacterCursor(text)
  let firstByte = 0
  for (let i = 0; i < count; i++) {
    const endByte = firstByte + byteLengths[i]
    while (character.endByte <= firstByte) character.advance()
    starts[i] = character.start
    const beginsInside = character.firstByte < firstByte
    while (character.endByte < endByte) character.advance()
    ends[i] = character.end
    const endsInside = character.endByte > endByte
    partials[i] = beginsInside || endsInside ? 1 : 0
    firstByte = endByte
  }
  return { starts, ends, partials }
}

const CR = 0x0d
const LF = 0x0a

/** Walks over a text character by character, as units and as the bytes that the tokenizer sees. */
class CharacterCursor {
  /** Units [start, end) of the character; nothing before the first `advance`. */
  start = 0
  end = 0
  /** Bytes [firstByte, endByte) of the character. */
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

/** A lone surrogate is encoded as U+FFFD, which has three bytes as well. */
function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1
  if (codePoint < 0x800) return 2
  return codePoint < 0x10000 ? 3 : 4
}
