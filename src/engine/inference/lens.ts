// The logit lens: every layer's residual stream through `ln_f` and the LM head (nostalgebraist 2020). The statistics of
// `ln_f` are those of the layer itself; the last layer is the model's output.
// B rows, L = nLayer, C = nEmbd, K = topK, V = tokens of the vocabulary

import { NO_TARGET } from '../../shared/contracts/engine/engineApi'
import type { LensRow } from '../../shared/contracts/engine/explanation'
import { elementAt } from '../../shared/elementAt'
import { reshaped, rowCount, type Tensor } from '../runtime/tensor'
import type { Divergences, HeadScores, LmHead } from './lmHead'

/** The model's output for B rows. */
export interface LensOutput {
  readonly scores: HeadScores
  /** [B, V] Raw. */
  readonly logits: Tensor
}

interface LensOptions {
  /** Index of the first of the B rows in the window. */
  readonly firstRow: number
  /** [B] */
  readonly targets: Int32Array
  readonly topK: number
}

export class Lens {
  constructor(
    private readonly lmHead: LmHead,
    private readonly shape: { readonly nLayer: number; readonly nEmbd: number },
  ) {}

  /**
   * The last layer of rows [B, C]. The caller disposes of the logits.
   * @throws NonFiniteLogitsError
   */
  output(residual: Tensor, { targets, topK }: LensOptions): Promise<LensOutput> {
    return this.lmHead.scoreWithLogits(residual, targets, { topK, temperature: 1 })
  }

  /**
   * All layers of B rows.
   * @param streams [B, L · C] the residual stream before each block
   * @throws NonFiniteLogitsError
   */
  async rows(streams: Tensor, output: LensOutput, options: LensOptions): Promise<LensRow[]> {
    const { nLayer, nEmbd } = this.shape
    const { targets, topK, firstRow } = options
    const B = rowCount(streams)
    const layers = await this.lmHead.scoreAgainst(
      reshaped(streams, [B * nLayer, nEmbd]),
      Int32Array.from({ length: B * nLayer }, (_, i) => elementAt(targets, Math.floor(i / nLayer))),
      { topK, temperature: 1, baseline: output.logits },
    )
    const last = { ...output.scores, kl: new Float32Array(B) }
    return Array.from({ length: B }, (_, row) => {
      const ofRow = Array.from({ length: nLayer }, (_, layer) => ({
        scores: layers,
        at: row * nLayer + layer,
      }))
      return {
        logitsRow: firstRow + row,
        ...lensColumns([...ofRow, { scores: last, at: row }], { target: elementAt(targets, row), topK }),
      }
    })
  }
}

/** Row `at` of scores. */
interface ScoresRow {
  readonly scores: HeadScores & Pick<Divergences, 'kl'>
  readonly at: number
}

/** The columns of the layers [L + 1]. */
function lensColumns(
  layers: readonly ScoresRow[],
  { target, topK: K }: { readonly target: number; readonly topK: number },
): Omit<LensRow, 'logitsRow'> {
  const column = (valueOf: (row: ScoresRow) => number) => layers.map(valueOf)
  const logSumExp = ({ scores, at }: ScoresRow) => elementAt(scores.logSumExp, at)
  const hasTarget = target !== NO_TARGET
  const top = layers.flatMap((row) => Array.from({ length: K }, (_, k) => ({ ...row, k: row.at * K + k })))
  return {
    logProb: Float32Array.from(
      column((row) => (hasTarget ? elementAt(row.scores.targetLogit, row.at) - logSumExp(row) : NaN)),
    ),
    rank: Int32Array.from(column(({ scores, at }) => (hasTarget ? elementAt(scores.targetRank, at) : 0))),
    entropy: Float32Array.from(column(({ scores, at }) => elementAt(scores.entropy, at) / Math.LN2)),
    kl: Float32Array.from(column(({ scores, at }) => elementAt(scores.kl, at))),
    topIds: Int32Array.from(top, ({ scores, k }) => elementAt(scores.topIds, k)),
    topLogProbs: Float32Array.from(top, (row) => elementAt(row.scores.topLogits, row.k) - logSumExp(row)),
  }
}
