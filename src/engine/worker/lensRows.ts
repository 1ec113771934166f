// B rows, L = nLayer

import type { EngineMethods, LensProgress, LensRequest } from '../../shared/contracts/engine/engineApi'
import type { StreamCache } from '../cache/streamCache'
import { rowCount, type Tensor } from '../runtime/tensor'
import { Lens } from '../inference/lens'
import type { LoadedModel } from '../inference/model'
import type { Scheduler } from './scheduler'
import type { TransformerSteps } from './transformerSteps'

export interface LensModel extends Pick<LoadedModel, 'lmHead' | 'info'> {
  readonly steps: TransformerSteps
  readonly streams: StreamCache
  /** Number of rows in one run of the LM head. */
  readonly headRows: number
  readonly scheduler: Scheduler
}

interface LensOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: LensProgress) => void
}

/**
 * Answers a `lens`. The LM head runs over all layers of a few rows at a time: it takes as long for one row as for several,
 * and the first rows arrive after two runs.
 */
export async function lensRows(
  { lmHead, info, steps, streams, headRows, scheduler }: LensModel,
  request: LensRequest,
  { signal, onProgress }: LensOptions,
): Promise<EngineMethods['lens']['result']> {
  const { tokenIds, firstRow, endRow, targets, topK, priority } = request
  const lens = new Lens(lmHead, info)
  const limit = Math.max(1, Math.floor(headRows / info.nLayer))
  let computedPositions = 0
  for (let from = firstRow; from < endRow;) {
    const layers = await steps.streamRows(
      tokenIds,
      { from, to: endRow, priority, signal },
      {
        streams,
        limit,
        onStep: ({ computed }) => {
          computedPositions += computed
        },
      },
    )
    const to = from + rowCount(layers)
    const options = { firstRow: from, targets: targets.subarray(from - firstRow, to - firstRow), topK }
    const held: Tensor[] = [layers]
    try {
      const residual = await steps.residualRows(tokenIds, { from, to, priority, signal })
      held.push(residual)
      const output = await scheduler.run(priority, signal, () => lens.output(residual, options))
      held.push(output.logits)
      const rows = await scheduler.run(priority, signal, () => lens.rows(layers, output, options))
      onProgress({ kind: 'rows', rows })
    } finally {
      for (const tensor of held) tensor.dispose()
    }
    from = to
  }
  return { computedPositions }
}
