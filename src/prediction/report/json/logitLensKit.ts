// The exchange format of LogitLensKit and nnsightful, version 2. A layer is a block, so the embeddings are left out.

import { elementAt } from '../../../shared/elementAt'
import { layerCount, mostLikelyAt } from '../../../shared/numbers/lens'
import type { LensRow } from '../../../shared/contracts/engine/explanation'
import type { Vocabulary } from '../../../shared/text/vocabulary'
import { printableJson, roundFloat32 } from './json'
import { reportToken } from '../report'

/** One row of the lens. */
export interface TrackedRow {
  /** The token that the row follows. */
  readonly inputId: number
  readonly row: LensRow
  /** [L + 1] log-probabilities in nats, of every token that `row` lists after a block. */
  readonly tracked: ReadonlyMap<number, Float32Array>
}

export interface LogitLensKitOptions {
  readonly model: string
  readonly timestamp: Date
}

/** L = blocks, P = rows */
interface LogitLensKitData {
  readonly meta: { readonly version: 2; readonly timestamp: string; readonly model: string }
  /** [L] */
  readonly layers: readonly number[]
  /** [P] */
  readonly input: readonly string[]
  /** [P] From a token to its probability after each block. */
  readonly tracked: readonly Readonly<Record<string, readonly number[]>>[]
  /** [L][P][K] */
  readonly topk: readonly (readonly (readonly string[])[])[]
  /** [L][P] Nats. */
  readonly entropy: readonly (readonly number[])[]
}

/** The rows as one JSON object. */
export function formatLogitLensKit(
  rows: readonly TrackedRow[],
  vocabulary: Vocabulary,
  { model, timestamp }: LogitLensKitOptions,
): string {
  const [first] = rows
  const layers = Array.from({ length: first === undefined ? 0 : layerCount(first.row) - 1 }, (_, i) => i)
  const name = (tokenId: number) => nameOf(tokenId, vocabulary)
  const data: LogitLensKitData = {
    meta: { version: 2, timestamp: timestamp.toISOString(), model },
    layers,
    input: rows.map(({ inputId }) => name(inputId)),
    tracked: rows.map(({ tracked }) =>
      Object.fromEntries(
        Array.from(tracked, ([tokenId, logProbs]) => [name(tokenId), probabilitiesAfterBlocks(logProbs)]),
      ),
    ),
    topk: layers.map((layer) =>
      rows.map(({ row }) => mostLikelyAt(row, layer + 1, Infinity).map(({ tokenId }) => name(tokenId))),
    ),
    entropy: layers.map((layer) =>
      rows.map(({ row }) => roundFloat32(elementAt(row.entropy, layer + 1) * Math.LN2)),
    ),
  }
  return `${printableJson(data)}\n`
}

/** The default number of tokens that LogitLensKit lists at each layer. */
export const LOGIT_LENS_KIT_TOP_K = 5

/** The tokens that `row` lists after any block, whose probabilities the format needs after every block. */
export function tokensToTrack(row: LensRow): number[] {
  const ids = new Set<number>()
  for (let layer = 1; layer < layerCount(row); layer++)
    for (const { tokenId } of mostLikelyAt(row, layer, Infinity)) ids.add(tokenId)
  return [...ids]
}

function probabilitiesAfterBlocks(logProbs: Float32Array): number[] {
  return Array.from(logProbs.subarray(1), (logProb) => roundFloat32(Math.exp(logProb)))
}

/** The format finds a token by its text, so parts of characters are named by their bytes, as OpenAI’s API names them. */
function nameOf(tokenId: number, vocabulary: Vocabulary): string {
  const { text, bytes } = reportToken(tokenId, vocabulary)
  return bytes === undefined ? text : bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}
