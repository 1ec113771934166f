// R rows of the residual stream, C = nEmbd, V = 50257, K = topK

import { NO_TARGET, type ScoredRows } from '../shared/engineApi'
import { NonFiniteLogitsError } from '../shared/errors'
import type { OrtSession } from './ortSession'
import { type Tensor, type Tensors, tensor } from './tensor'

const REDUCTIONS = ['logSum', 'entropy', 'targetLogit', 'targetRank', 'topIds', 'topLogits'] as const

/** `ln_f`, the projection to the vocabulary, and what is read off it without copying it out. */
export class LmHead {
  /** @param session of the vocabulary's graph */
  constructor(private readonly session: OrtSession) {}

  /**
   * Reduces the logits of residual rows [R, C].
   * @param targets [R] the token that each row judges, or NO_TARGET
   * @throws NonFiniteLogitsError
   */
  async score(
    residual: Tensor,
    targets: Int32Array,
    { topK, temperature }: { readonly topK: number; readonly temperature: number },
  ): Promise<Omit<ScoredRows, 'firstRow'>> {
    const outputs = await this.session.run(this.feeds(residual, targets, topK, temperature), REDUCTIONS)
    const logSum = outputs.logSum.data as Float32Array
    const entropy = outputs.entropy.data as Float32Array
    const topLogits = outputs.topLogits.data as Float32Array
    // A logit of −∞ leaves the sum finite, but not the entropy.
    if (![logSum, entropy].every((rows) => rows.every(Number.isFinite))) throw notANumber()
    return {
      // In float64: where a low temperature makes it large, float32 would round the probabilities away.
      logSumExp: Float64Array.from(logSum, (sum, row) => topLogits[row * topK] / temperature + sum),
      entropy,
      targetLogit: outputs.targetLogit.data as Float32Array,
      targetRank: outputs.targetRank.data as Int32Array,
      topIds: outputs.topIds.data as Int32Array,
      topLogits,
    }
  }

  /** Raw logits [V] of one residual row [C]. */
  async logits(residual: Tensor): Promise<Float32Array> {
    const { logits } = await this.session.run(this.feeds(residual, Int32Array.of(NO_TARGET), 1, 1), [
      'logits',
    ])
    const row = logits.data as Float32Array
    if (!row.every(Number.isFinite)) throw notANumber()
    return row
  }

  private feeds(residual: Tensor, targets: Int32Array, topK: number, temperature: number): Tensors {
    const target = targets.map((id) => (id === NO_TARGET ? 0 : id))
    return {
      tokenIds: tensor.int32(new Int32Array(0), [0]),
      positions: tensor.int32(new Int32Array(0), [0]),
      hasRows: tensor.bool(true),
      residual,
      target: tensor.int32(target, [targets.length, 1]),
      topK: tensor.int64(BigInt64Array.of(BigInt(topK)), [1]),
      inverseTemperature: tensor.float32(Float32Array.of(1 / temperature), []),
    }
  }
}

function notANumber(): NonFiniteLogitsError {
  return new NonFiniteLogitsError(
    'The output is not a number from the LM head on: ln_f or wte is damaged, or the model was not trained to the end.',
  )
}
