/**
 * The bytes of every token of GPT-2's vocabulary.
 * A token's bytes are not always UTF-8 on their own: 344 of them are parts of characters.
 */
export class Vocabulary {
  /** `bytes` of all tokens one after the other; token t is bytes[offsets[t] … offsets[t + 1]). */
  constructor(
    readonly bytes: Uint8Array,
    readonly offsets: Uint32Array,
  ) {}

  get size(): number {
    return this.offsets.length - 1
  }

  bytesOf(tokenId: number): Uint8Array {
    return this.bytes.subarray(this.offsets[tokenId], this.offsets[tokenId + 1])
  }
}
