import { elementAt } from '../../shared/elementAt'
import type { Vocabulary } from '../../shared/text/vocabulary'

/** The tokens that can come next if the text has to continue with certain bytes; lower ids first. */
export interface ConsistentTokens {
  /** Tokens that cover some or exactly all of the bytes. */
  readonly within: readonly number[]
  /** Tokens that cover all of the bytes and at least one more. */
  readonly beyond: readonly number[]
}

/** The vocabulary by first byte: a lookup then compares a few thousand tokens instead of all. */
export class TokenIndex {
  private readonly byFirstByte: ReadonlyMap<number | undefined, readonly number[]>
  private readonly all: readonly number[]

  /** @param endTokenId the token that ends a text; its bytes are never part of the text */
  constructor(
    readonly vocabulary: Vocabulary,
    readonly endTokenId: number,
  ) {
    this.all = Array.from({ length: vocabulary.size }, (_, tokenId) => tokenId)
    const byFirstByte = new Map<number | undefined, number[]>()
    for (const tokenId of this.all) {
      if (tokenId === endTokenId) continue
      const [firstByte] = vocabulary.bytesOf(tokenId)
      const group = byFirstByte.get(firstByte)
      if (group === undefined) byFirstByte.set(firstByte, [tokenId])
      else group.push(tokenId)
    }
    this.byFirstByte = byFirstByte
  }

  /** If `bytes` is empty, all tokens are consistent, including the one that ends the text. */
  consistentWith(bytes: Uint8Array): ConsistentTokens {
    if (bytes.length === 0) return { within: [], beyond: this.all }
    const within: number[] = []
    const beyond: number[] = []
    for (const tokenId of this.byFirstByte.get(bytes[0]) ?? []) {
      if (!this.agrees(tokenId, bytes)) continue
      if (this.vocabulary.byteLengthOf(tokenId) > bytes.length) beyond.push(tokenId)
      else within.push(tokenId)
    }
    return { within, beyond }
  }

  /** Whether the token's bytes are a prefix of `bytes`, or `bytes` are a prefix of the token's. */
  private agrees(tokenId: number, bytes: Uint8Array): boolean {
    // Without `bytesOf`: creating views of up to 17,000 tokens takes longer than comparing their bytes.
    const first = elementAt(this.vocabulary.offsets, tokenId)
    const end = Math.min(this.vocabulary.byteLengthOf(tokenId), bytes.length)
    for (let i = 0; i < end; i++) if (this.vocabulary.bytes[first + i] !== bytes[i]) return false
    return true
  }
}
