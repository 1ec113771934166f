// R compared rows of one run of the LM head

import type { CompareProgress, CompareRequest, ScoreSummary } from '../../shared/contracts/engine/engineApi'
import type { LmHead } from '../inference/lmHead'
import type { Tensor } from '../runtime/tensor'
import type { Scheduler } from './scheduler'
import type { TransformerSteps } from './transformerSteps'

/** One of the two compared models. */
interface ComparedModel {
  readonly lmHead: LmHead
  readonly steps: TransformerSteps
  /** Number of rows in one run of the LM head. */
  readonly headRows: number
}

interface Sides {
  readonly shown: ComparedModel
  /** The same object if one model is compared on two texts. */
  readonly baseline: ComparedModel
  readonly scheduler: Scheduler
}

interface CallOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: CompareProgress) => void
}

/**
 * Tokens that the rows of one message list for each side. The extension host passes them on to the panel as JSON, which
 * would hold its thread for too long if they were more.
 */
const MAX_LISTED = 2_560

/**
 * Compares the rows of both sides in order. The baseline's logits go straight into the head of the shown side, which
 * computes the divergences.
 */
export async function compareRows(
  { shown, baseline, scheduler }: Sides,
  { tokenIds, firstRow, targets, topK, priority, baseline: other }: CompareRequest,
  { signal, onProgress }: CallOptions,
): Promise<ScoreSummary> {
  let computedPositions = 0
  const residualRows = (
    { steps }: ComparedModel,
    ids: Int32Array,
    range: { readonly from: number; readonly to: number },
  ) =>
    steps.residualRows(ids, { ...range, priority, signal }, ({ computed }) => {
      computedPositions += computed
    })
  const rows = targets.length
  const headRows = Math.min(shown.headRows, baseline.headRows, Math.ceil(MAX_LISTED / topK))
  const options = { topK, temperature: 1 }
  for (let start = 0; start < rows; start += headRows) {
    const end = Math.min(start + headRows, rows)
    const scored = targets.subarray(start, end)
    const held: Tensor[] = []
    const hold = (tensor: Tensor) => {
      held.push(tensor)
      return tensor
    }
    try {
      const theirs = hold(
        await residualRows(baseline, other.tokenIds, {
          from: other.firstRow + start,
          to: other.firstRow + end,
        }),
      )
      const ours = hold(await residualRows(shown, tokenIds, { from: firstRow + start, to: firstRow + end }))
      const { scores, logits } = await scheduler.run(priority, signal, () =>
        baseline.lmHead.scoreWithLogits(theirs, scored, options),
      )
      hold(logits)
      const { kl, jensenShannon, ...own } = await scheduler.run(priority, signal, () =>
        shown.lmHead.compare(ours, scored, { ...options, baseline: logits }),
      )
      const rows = {
        shown: { firstRow: firstRow + start, ...own },
        baseline: { firstRow: other.firstRow + start, ...scores },
        kl,
        jensenShannon,
      }
      onProgress({ kind: 'rows', rows })
    } finally {
      for (const tensor of held) tensor.dispose()
    }
  }
  return { computedPositions }
}
