// Numbers that follow from a row of the logit lens. L = nLayer, K = tokens listed at each layer

import type { LensRow } from '../contracts/engine/explanation'
import { elementAt } from '../elementAt'

/** L + 1: the embeddings and each block. */
export function layerCount({ rank }: LensRow): number {
  return rank.length
}

/** Prediction depth: the first layer from which the most likely token stays the output's; 0 for the embeddings. */
export function predictionDepth(row: LensRow): number {
  const final = topOf(row, layerCount(row) - 1)
  let depth = layerCount(row) - 1
  while (depth > 0 && topOf(row, depth - 1) === final) depth--
  return depth
}

/** The most likely token after a layer. */
export function topOf(row: LensRow, layer: number): number {
  return elementAt(row.topIds, layer * listLength(row))
}

/** A token that a layer lists. */
export interface LensAlternative {
  readonly tokenId: number
  /** Nats. */
  readonly logProb: number
}

/** The `count` most likely tokens after a layer, most likely first; at most K. */
export function mostLikelyAt(row: LensRow, layer: number, count: number): readonly LensAlternative[] {
  const length = listLength(row)
  return Array.from({ length: Math.min(count, length) }, (_, k) => ({
    tokenId: elementAt(row.topIds, layer * length + k),
    logProb: elementAt(row.topLogProbs, layer * length + k),
  }))
}

/** K */
function listLength(row: LensRow): number {
  return row.topIds.length / layerCount(row)
}
