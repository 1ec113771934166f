import type { Vocabulary } from '../../shared/text/vocabulary'

/** The tokens that may come next where certain bytes must; lower ids first. */
export interface ConsistentTokens {
  /** They cover some of these bytes, or just all of them. */
  readonly within: readonly number[]
  /** They cover all of these bytes and at least one more. */
  readonly beyond: readonly number[]
}

/** The vocabulary by first bytes, so that a step of a search looks at a few thousand tokens and not at all. */
export class TokenIndex {
  private readonly byFirstByte: readonly (readonly number[])[]
  private readonly all: readonly number[]

  /** @param endTokenId ends a text and stands for no bytes of it */
  constructor(
    readonly vocabulary: Vocabulary,
    readonly endTokenId: number,
  ) {
    const byFirstByte: number[][] = Array.from({ length: 256 }, () => [])
    this.all = Array.from({ length: vocabulary.size }, (_, tokenId) => tokenId)
    for (const tokenId of this.all) {
      if (tokenId !== endTokenId) byFirstByte[vocabulary.bytesOf(tokenId)[0]].push(tokenId)
    }
    this.byFirstByte = byFirstByte
  }

  /** Where no bytes are left all tokens are consistent, the one that ends the text among them. */
  consistentWith(bytes: Uint8Array): ConsistentTokens {
    if (bytes.length === 0) return { within: [], beyond: this.all }
    const within: number[] = []
    const beyond: number[] = []
    for (const tokenId of this.byFirstByte[bytes[0]]) {
      if (!this.agrees(tokenId, bytes)) continue
      if (this.lengthOf(tokenId) > bytes.length) beyond.push(tokenId)
      else within.push(tokenId)
    }
    return { within, beyond }
  }

  /** Whether the token is the beginning of `bytes`, or they are its. */
  private agrees(tokenId: number, bytes: Uint8Array): boolean {
    // Not by way of bytesOf: a view of each of 17,000 tokens takes longer than looking at them.
    const first = this.vocabulary.offsets[tokenId]
    const end = Math.min(this.lengthOf(tokenId), bytes.length)
    for (let i = 0; i < end; i++) if (this.vocabulary.bytes[first + i] !== bytes[i]) return false
    return true
  }

  private lengthOf(tokenId: number): number {
    return this.vocabulary.offsets[tokenId + 1] - this.vocabulary.offsets[tokenId]
  }
}
