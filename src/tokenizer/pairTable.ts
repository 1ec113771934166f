import { START_TOKEN_ID } from '../shared/contracts/engine/prediction'
import type { Vocabulary } from '../shared/text/vocabulary'
import type { TimeSlice } from './timeSlice'

/** Stands for the id if two tokens together are no token. */
export const NO_TOKEN = -1

/** Slots of the hash table: GPT-2 has 108,299 pairs. */
const SLOT_BITS = 18
const SLOTS = 2 ** SLOT_BITS
/** Tokens that are added without a check of the time: about a millisecond. */
const TOKENS_PER_CHECK = 512

/** The ordinary token that two others form: a hash table with linear probing. */
export class PairTable {
  /**
   * Takes about 0.1 s, in turns.
   * @throws the signal's reason
   */
  static async build(vocabulary: Vocabulary, slice: TimeSlice): Promise<PairTable> {
    const table = new PairTable()
    /** By their bytes, each as one character. */
    const ids = new Map<string, number>()
    // A token is longer than its parts, but its id may be lower, so all are listed before the first pair is added.
    for (let id = 0; id < START_TOKEN_ID; id++) {
      if (id % TOKENS_PER_CHECK === 0 && slice.isOver) await slice.next()
      ids.set(String.fromCharCode(...vocabulary.bytesOf(id)), id)
    }
    for (const [bytes, id] of ids) {
      if (id % TOKENS_PER_CHECK === 0 && slice.isOver) await slice.next()
      if (bytes.length === 1) table.byteIds[bytes.charCodeAt(0)] = id
      for (let i = 1; i < bytes.length; i++) {
        const left = ids.get(bytes.slice(0, i))
        const right = ids.get(bytes.slice(i))
        if (left !== undefined && right !== undefined) table.add(pairOf(left, right), id)
      }
    }
    return table
  }

  /** [256] */
  private readonly byteIds = new Int32Array(256)
  /** [SLOTS] */
  private readonly pairs = new Uint32Array(SLOTS)
  /** [SLOTS] The token that the pair in the same slot forms; NO_TOKEN if the slot is free. */
  private readonly ids = new Int32Array(SLOTS).fill(NO_TOKEN)

  /** The id of the token that consists of one byte. */
  idOfByte(byte: number): number {
    return this.byteIds[byte] ?? NO_TOKEN
  }

  /** The id of the token that consists of these two, or NO_TOKEN. */
  idOf(left: number, right: number): number {
    const pair = pairOf(left, right)
    for (let slot = slotOf(pair); ; slot = (slot + 1) % SLOTS) {
      const id = this.ids[slot] ?? NO_TOKEN
      if (id === NO_TOKEN || this.pairs[slot] === pair) return id
    }
  }

  private add(pair: number, id: number): void {
    let slot = slotOf(pair)
    while (this.ids[slot] !== NO_TOKEN) slot = (slot + 1) % SLOTS
    this.pairs[slot] = pair
    this.ids[slot] = id
  }
}

/** Both ids in one number; an id has 16 bits. */
function pairOf(left: number, right: number): number {
  return ((left << 16) | right) >>> 0
}

/** Fibonacci hashing. */
function slotOf(pair: number): number {
  return Math.imul(pair, 0x9e3779b1) >>> (32 - SLOT_BITS)
}
