import type { LensRow } from '../../../src/shared/contracts/engine/explanation'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import type { Distribution } from '../../../src/shared/contracts/engine/prediction'
import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import { elementAt } from '../../../src/shared/elementAt'

/** Tokens listed at each layer. */
const TOP_K = 10

/**
 * A row of the lens for a token of an inspection: the last layer has the inspection's numbers, and the layers before the
 * depth, `position` modulo their number, list the same tokens in reverse order with less certainty.
 */
export function lensRowOf(inspection: Inspection, { section, position }: TokenAddress): LensRow {
  const { tokens, predictions, next } = elementAt(inspection.sections, section)
  const score = predictions.at(position)?.score ?? null
  const distribution: Distribution | null = score ?? next
  if (distribution === null) throw new Error(`token ${position} has no prediction`)
  const layers = inspection.model.nLayer + 1
  const depth = position % layers
  const top = [...distribution.top].slice(0, TOP_K)
  const columns = Array.from({ length: layers }, (_, layer) => {
    const isSettled = layer >= depth
    const lost = (layers - 1 - layer) * 0.7
    return {
      logProb: score === null ? NaN : score.logProb - lost,
      rank: position === tokens.length || score === null ? 0 : score.rank + (layers - 1 - layer) * 20,
      entropy: distribution.entropy + (layers - 1 - layer) * 0.5,
      kl: (layers - 1 - layer) * 0.6,
      ids: (isSettled ? top : top.toReversed()).map(({ tokenId }) => tokenId),
      logProbs: top.map(({ logProb }) => logProb - lost / 4),
    }
  })
  return {
    logitsRow: distribution.logitsRow,
    logProb: Float32Array.from(columns, ({ logProb }) => logProb),
    rank: Int32Array.from(columns, ({ rank }) => rank),
    entropy: Float32Array.from(columns, ({ entropy }) => entropy),
    kl: Float32Array.from(columns, ({ kl }) => kl),
    topIds: Int32Array.from(columns.flatMap(({ ids }) => ids)),
    topLogProbs: Float32Array.from(columns.flatMap(({ logProbs }) => logProbs)),
  }
}
