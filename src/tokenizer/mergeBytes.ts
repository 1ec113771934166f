import { MinHeap } from './minHeap'
import { NO_TOKEN, type PairTable } from './pairTable'

/**
 * GPT-2's byte-pair encoding of `bytes`, as if they were one pre-token: starting with single bytes, joins the two
 * neighbours that together are the token with the lowest id, the leftmost if there are several, until no two
 * neighbours are a token (Sennrich et al., 2016, “Neural Machine Translation of Rare Words with Subword Units”).
 *
 * The candidates are in a heap and the tokens in a linked list, as in SentencePiece's `bpe_model.cc` (Kudo &
 * Richardson, 2018), so n bytes take n log n steps. An entry of the heap is out of date if one of its tokens was joined.
 */
export function mergeBytes(bytes: Uint8Array, pairs: PairTable): Int32Array {
  const n = bytes.length
  // A token is named by its first byte: next[i] is the token after token i, previous[i] the one before it.
  const next = new Int32Array(n)
  const previous = new Int32Array(n)
  const ids = new Int32Array(n)
  /** The id of token i joined with the next one. */
  const joined = new Int32Array(n).fill(NO_TOKEN)
  const heap = new MinHeap(3 * n)

  const offer = (i: number) => {
    const neighbour = at(next, i)
    const id = neighbour < n ? pairs.idOf(at(ids, i), at(ids, neighbour)) : NO_TOKEN
    joined[i] = id
    if (id !== NO_TOKEN) heap.push(id * POSITIONS + i)
  }
  for (let i = 0; i < n; i++) {
    next[i] = i + 1
    previous[i] = i - 1
    ids[i] = pairs.idOfByte(bytes[i] ?? NaN)
  }
  for (let i = 0; i < n; i++) offer(i)

  while (heap.length > 0) {
    const lowest = heap.pop()
    const i = lowest >>> 0
    const id = (lowest - i) / POSITIONS
    if (at(joined, i) !== id) continue
    const neighbour = at(next, i)
    const after = at(next, neighbour)
    ids[i] = id
    ids[neighbour] = joined[neighbour] = NO_TOKEN
    next[i] = after
    if (after < n) previous[after] = i
    offer(i)
    if (i > 0) offer(at(previous, i))
  }
  return ids.filter((id) => id !== NO_TOKEN)
}

/** More than the bytes of any text. An id times POSITIONS plus a position is an exact number, ordered by id first. */
const POSITIONS = 2 ** 32

/** `elementAt` reads lists of every kind, which is several times slower. All indices here are in range. */
function at(list: Int32Array, index: number): number {
  return list[index] ?? NaN
}
