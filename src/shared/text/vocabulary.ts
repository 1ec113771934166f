/**
 * The bytes of all tokens of the vocabulary.
 * A token's bytes are not always valid UTF-8: 344 of GPT-2's tokens are parts of characters.
 */
export class Vocabulary {
  /**
   * @param bytes the bytes of all tokens, concatenated
   * @param offsets [V + 1] the bytes of token t are bytes[offsets[t] … offsets[t + 1])
   */
  constructor(
    readonly bytes: Uint8Array,
    readonly offsets: Uint32Array,
  ) {}

  /** V, the number of tokens. */
  get size(): number {
    return this.offsets.length - 1
  }

  /** 0 for an id outside of the vocabulary. */
  byteLengthOf(tokenId: number): number {
    return (this.offsets[tokenId + 1] ?? 0) - (this.offsets[tokenId] ?? 0)
  }

  /** Empty for an id outside of the vocabulary. */
  bytesOf(tokenId: number): Uint8Array {
    return this.bytes.subarray(this.offsets[tokenId] ?? NaN, this.offsets[tokenId + 1] ?? NaN)
  }
}
