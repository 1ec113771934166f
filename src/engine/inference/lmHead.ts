// R rows of the residual stream, B rows of a baseline, C = nEmbd, V = 50257, K = topK

import { VOCABULARY_SIZE } from '../../model/gpt2/config'
import { NO_TARGET, type ScoredRows } from '../../shared/contracts/engine/engineApi'
import type { Alternative } from '../../shared/contracts/engine/prediction'
import { elementAt } from '../../shared/elementAt'
import { NonFiniteLogitsError } from '../../shared/errors'
import type { OrtSession } from '../runtime/ortSession'
import { rowCount, type Tensor, type Tensors, tensor } from '../runtime/tensor'

/** Scores of R rows, as columns. */
export type HeadScores = Omit<ScoredRows, 'firstRow'>

/** How far rows are from their baselines, in nats. */
export interface Divergences {
  /** [R] KL(baseline ‖ row) */
  readonly kl: Float32Array
  /** [R] */
  readonly jensenShannon: Float32Array
}

interface ScoreOptions {
  readonly topK: number
  readonly temperature: number
}

interface ComparisonOptions extends ScoreOptions {
  /** [B, V] Raw logits; each is the baseline of R / B consecutive rows. */
  readonly baseline: Tensor
}

/** `ln_f` and the projection to the vocabulary. The graph reduces the logits, so that they need not be copied out. */
export class LmHead {
  /** @param session of the vocabulary's graph */
  constructor(private readonly session: OrtSession) {}

  /**
   * Computes the logits of residual rows [R, C] and reduces them.
   * @param targets [R] the token that each row scores, or NO_TARGET
   * @throws NonFiniteLogitsError
   */
  async score(residual: Tensor, targets: Int32Array, options: ScoreOptions): Promise<HeadScores> {
    const feeds = this.feeds(residual, targets, options)
    const { scores } = await this.session.run(feeds, ['scores'])
    return readScores(scores, options)
  }

  /**
   * The same, with the raw logits [R, V], which the caller disposes of.
   * @throws NonFiniteLogitsError
   */
  async scoreWithLogits(
    residual: Tensor,
    targets: Int32Array,
    options: ScoreOptions,
  ): Promise<{ scores: HeadScores; logits: Tensor }> {
    const feeds = this.feeds(residual, targets, options)
    const { scores, logits } = await this.session.run(feeds, ['scores', 'logits'])
    try {
      return { scores: readScores(scores, options), logits }
    } catch (error) {
      logits.dispose()
      throw error
    }
  }

  /**
   * The same as `score`, with KL(baseline ‖ row) in nats, [R], over the full vocabulary.
   * @throws NonFiniteLogitsError
   */
  async scoreAgainst(
    residual: Tensor,
    targets: Int32Array,
    options: ComparisonOptions,
  ): Promise<HeadScores & Pick<Divergences, 'kl'>> {
    const feeds = { ...this.feeds(residual, targets, options), ...baselineFeeds(residual, options) }
    const { scores, kl } = await this.session.run(feeds, ['scores', 'kl'])
    return { ...readScores(scores, options), kl: readDivergence(kl) }
  }

  /**
   * The same, with the Jensen–Shannon divergence too.
   * @throws NonFiniteLogitsError
   */
  async compare(
    residual: Tensor,
    targets: Int32Array,
    options: ComparisonOptions,
  ): Promise<HeadScores & Divergences> {
    const feeds = {
      ...this.feeds(residual, targets, options),
      ...baselineFeeds(residual, options),
      hasJensenShannon: tensor.bool(true),
    }
    const { scores, kl, jensenShannon } = await this.session.run(feeds, ['scores', 'kl', 'jensenShannon'])
    return {
      ...readScores(scores, options),
      kl: readDivergence(kl),
      jensenShannon: readDivergence(jensenShannon),
    }
  }

  /**
   * The `count` most likely tokens of one residual row [1, C], most likely first; of equal logits the lower id first.
   * @throws NonFiniteLogitsError
   */
  async mostLikely(residual: Tensor, count: number): Promise<Alternative[]> {
    const { topIds, topLogits, logSumExp } = await this.score(residual, Int32Array.of(NO_TARGET), {
      topK: count,
      temperature: 1,
    })
    return Array.from(topIds, (tokenId, i) => {
      const logit = elementAt(topLogits, i)
      return { tokenId, logit, logProb: logit - elementAt(logSumExp, 0) }
    })
  }

  /**
   * Raw logits [V] of one residual row [1, C].
   * @throws NonFiniteLogitsError
   */
  async logits(residual: Tensor): Promise<Float32Array> {
    const feeds = this.feeds(residual, Int32Array.of(NO_TARGET), { topK: 1, temperature: 1 })
    const { logits } = await this.session.run(feeds, ['logits'])
    const row = (await logits.getData(true)) as Float32Array
    if (!row.every(Number.isFinite)) throw notFinite()
    return row
  }

  private feeds(residual: Tensor, targets: Int32Array, { topK, temperature }: ScoreOptions): Tensors {
    const target = targets.map((id) => (id === NO_TARGET ? 0 : id))
    return {
      tokenIds: tensor.int32(new Int32Array(0), [0]),
      positions: tensor.int32(new Int32Array(0), [0]),
      hasRows: tensor.bool(true),
      residual,
      target: tensor.int32(target, [targets.length, 1]),
      places: tensor.int32(new Int32Array(topK), [topK]),
      inverseTemperature: tensor.float32(Float32Array.of(1 / temperature), [1]),
      hasBaseline: tensor.bool(false),
      baseline: tensor.float32(new Float32Array(0), [0, VOCABULARY_SIZE]),
      groups: tensor.int64([]),
      hasJensenShannon: tensor.bool(false),
    }
  }
}

function baselineFeeds(residual: Tensor, { baseline }: ComparisonOptions): Tensors {
  const B = rowCount(baseline)
  return {
    hasBaseline: tensor.bool(true),
    baseline,
    groups: tensor.int64([B, rowCount(residual) / B, VOCABULARY_SIZE]),
  }
}

/** A divergence is never negative, but the sum for equal rows rounds to ±6e-9. */
function readDivergence(rows: Tensor): Float32Array {
  return (rows.data as Float32Array).map((nats) => Math.max(nats, 0))
}

function readScores(scores: Tensor, { topK, temperature }: ScoreOptions): HeadScores {
  const { logSum, entropy, targetLogit, targetRank, topIds, topLogits } = columnsOf(scores, topK)
  // A logit of −∞ leaves the log-sum-exp finite, but not the entropy.
  if (![logSum, entropy].every((rows) => rows.every(Number.isFinite))) throw notFinite()
  return {
    // In float64: at a low temperature the value is large, and float32 would lose the precision of probabilities.
    logSumExp: Float64Array.from(logSum, (sum, row) => (topLogits[row * topK] ?? NaN) / temperature + sum),
    entropy,
    targetLogit,
    targetRank: Int32Array.from(targetRank),
    topIds: Int32Array.from(topIds),
    topLogits,
  }
}

/** Splits the scores [R, 4 + 2K] of the vocabulary's graph into columns [R] and, for the top tokens, [R · K]. */
function columnsOf(scores: Tensor, K: number) {
  const data = scores.data as Float32Array
  const R = rowCount(scores)
  const length = 4 + 2 * K
  const columns = (from: number, count: number) =>
    Float32Array.from(
      { length: R * count },
      (_, i) => data[Math.floor(i / count) * length + from + (i % count)] ?? NaN,
    )
  return {
    logSum: columns(0, 1),
    entropy: columns(1, 1),
    targetLogit: columns(2, 1),
    targetRank: columns(3, 1),
    topIds: columns(4, K),
    topLogits: columns(4 + K, K),
  }
}

function notFinite(): NonFiniteLogitsError {
  return new NonFiniteLogitsError(
    'The output is not a finite number from the LM head onward: ln_f or wte is damaged, or the model’s training diverged.',
  )
}
