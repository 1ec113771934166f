// The columns of the logit lens in a CSV of tokens.

import type { LensRow } from '../../../shared/contracts/engine/explanation'
import { elementAt } from '../../../shared/elementAt'
import { mostLikelyAt, predictionDepth } from '../../../shared/numbers/lens'
import type { Vocabulary } from '../../../shared/text/vocabulary'
import { formatTextCell, numberText } from './csvCells'
import { roundFloat32 } from '../json/json'
import { decodeToken } from '../report'

/** The columns of each layer, after its name: `h.0LogProb`. */
const LAYER_HEADINGS = ['LogProb', 'Rank', 'Entropy', 'Kl', 'TopTokenId', 'TopToken', 'TopLogProb']

/** No columns if there are no layers. */
export function lensHeadings(layers: readonly string[]): string[] {
  if (layers.length === 0) return []
  return ['depth', ...layers.flatMap((layer) => LAYER_HEADINGS.map((heading) => `${layer}${heading}`))]
}

/** The cells of a row, each after a comma; empty cells for a row that is not computed. */
export function lensText(row: LensRow | null, layers: readonly string[], vocabulary: Vocabulary): string {
  if (row === null) return ','.repeat(lensHeadings(layers).length)
  const texts = layers.map((_, layer) => layerText(row, layer, vocabulary))
  return `,${numberText(predictionDepth(row))}${texts.join('')}`
}

function layerText(row: LensRow, layer: number, vocabulary: Vocabulary): string {
  const rank = elementAt(row.rank, layer)
  const actual = rank === 0 ? [EMPTY, EMPTY] : [shortText(row.logProb, layer), numberText(rank)]
  const [top] = mostLikelyAt(row, layer, 1)
  const first =
    top === undefined
      ? [EMPTY, EMPTY, EMPTY]
      : [
          numberText(top.tokenId),
          formatTextCell(decodeToken(vocabulary.bytesOf(top.tokenId))),
          numberText(roundFloat32(top.logProb)),
        ]
  return [...actual, shortText(row.entropy, layer), shortText(row.kl, layer), ...first]
    .map((text) => `,${text}`)
    .join('')
}

const EMPTY = ''

function shortText(column: Float32Array, layer: number): string {
  return numberText(roundFloat32(elementAt(column, layer)))
}
