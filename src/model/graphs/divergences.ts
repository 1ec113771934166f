// R rows of logits, B rows of baselines, N = R / B, V = 50257

import type { GraphBuilder, Value } from '../../onnx/graphBuilder'
import { VOCABULARY_SIZE } from '../gpt2/config'
import { sumOverVocabulary } from './vocabularySum'

/** The softmax of the rows, in parts. */
interface Rows {
  /** [R, V] (logits − row maximum) · inverseTemperature */
  readonly z: Value
  /** [R, V] e^z */
  readonly exp: Value
  /** [R, 1] Σ e^z */
  readonly sum: Value
  /** [R, 1] log Σ e^z */
  readonly logSum: Value
}

interface Baseline {
  /** [B, V] Raw logits. Each is the baseline of N consecutive rows. */
  readonly baseline: Value
  /** [1] */
  readonly inverseTemperature: Value
  /** [] */
  readonly jensenShannon: Value
}

/**
 * KL(baseline ‖ row) of each row, in nats, [R, 1]; if `jensenShannon` is true, followed by the Jensen–Shannon divergence,
 * [R, 2], which takes twice the time. With the log-ratio d = log q − log p of the baseline q and the row p, the terms of
 * the sums over the vocabulary are
 *   KL: q · (d − 1) + p, and JS: ½ · (q · (log 2 − log(1 + e^−d)) + p · (log 2 − log(1 + e^d))).
 * None is negative, so the rounding of log Σ e^z, which is the same in every term, does not add up: it cancels between
 * the parts of a term. The usual q · d gives 1e-6 for equal rows, of either sign.
 */
export function divergences(
  g: GraphBuilder,
  { z, exp, sum, logSum }: Rows,
  { baseline, inverseTemperature, jensenShannon }: Baseline,
): Value {
  const baselines = g.op('Shape', [baseline], { start: 0, end: 1 }) // [B]
  const grouped = (rows: Value) =>
    g.op('Reshape', [rows, g.concat(0, baselines, g.ints([-1, VOCABULARY_SIZE]))]) // [R, V] → [B, N, V]
  const single = (rows: Value) => g.op('Unsqueeze', [rows, g.ints([1])]) // [B, V] → [B, 1, V]

  const zq = g.mul(g.sub(baseline, g.reduceMax(baseline)), inverseTemperature)
  const expq = g.op('Exp', [zq])
  const sumq = sumOverVocabulary(g, expq)
  const logq = g.sub(zq, g.op('Log', [sumq]))
  const q = single(g.div(expq, sumq))
  const p = grouped(g.div(exp, sum))
  const logp = grouped(g.sub(z, logSum))
  const kl = sumOverVocabulary(g, g.add(g.mul(q, g.sub(single(g.sub(logq, g.float(1))), logp)), p))
  const { all } = g.either(
    jensenShannon,
    () => ({ all: g.concat(1, kl, jensenShannonOf(g, { p, q, d: g.sub(single(logq), logp) })) }),
    () => ({ all: kl }),
  )
  return all
}

/** [R, 1] */
function jensenShannonOf(
  g: GraphBuilder,
  { p, q, d }: { readonly p: Value; readonly q: Value; readonly d: Value },
): Value {
  // log(1 + e^d) = max(d, 0) + log(1 + e^−|d|), which does not overflow.
  const rest = g.op('Log', [g.add(g.op('Exp', [g.op('Neg', [g.op('Abs', [d])])]), g.float(1))])
  const short = g.sub(g.float(Math.LN2), rest)
  const ofRow = g.mul(p, g.sub(short, g.op('Max', [d, g.float(0)])))
  const ofBaseline = g.mul(q, g.add(short, g.op('Min', [d, g.float(0)])))
  return g.mul(sumOverVocabulary(g, g.add(ofBaseline, ofRow)), g.float(0.5))
}
