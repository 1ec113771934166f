// R rows of logits, B rows of baselines, N = R / B, V = 50257

import type { GraphBuilder, Value } from '../../onnx/graphBuilder'
import { sumOverVocabulary } from './vocabularySum'

interface ComparedRows {
  /** [R, V] Raw. */
  readonly logits: Value
  /** [R, 1] */
  readonly logSumExp: Value
  /** [B, V] Raw logits. Each is the baseline of N consecutive rows. */
  readonly baseline: Value
  /** int64 [3]: B, N, V. Fed, because a shape that the graph computes would be computed on the CPU. */
  readonly groups: Value
}

/**
 * KL(baseline ‖ row) of each row, in nats, [R, 1]. With the log-ratio d = log q − log p of the baseline q and the row p it
 * is Σ q · (d − 1) + p over the vocabulary. No term is negative, so the rounding of log-sum-exp, which is the same in every
 * term, does not add up: it cancels between the parts of a term. The usual Σ q · d gives 1e-6 for equal rows, of either
 * sign.
 */
export function klDivergence(g: GraphBuilder, rows: ComparedRows): Value {
  const { logp, p, logq, q } = distributions(g, rows)
  return sumOverVocabulary(g, g.add(g.mul(q, g.sub(g.sub(logq, g.float(1)), logp)), p))
}

/**
 * The Jensen–Shannon divergence of each row from its baseline, in nats, [R, 1]:
 * Σ ½ · (q · (log 2 − log(1 + e^−d)) + p · (log 2 − log(1 + e^d))).
 */
export function jensenShannonDivergence(g: GraphBuilder, rows: ComparedRows): Value {
  const { logp, p, logq, q } = distributions(g, rows)
  const d = g.sub(logq, logp)
  // log(1 + e^d) = max(d, 0) + log(1 + e^−|d|), which does not overflow.
  const rest = g.op('Log', [g.add(g.op('Exp', [g.op('Neg', [g.op('Abs', [d])])]), g.float(1))])
  const short = g.sub(g.float(Math.LN2), rest)
  const ofRow = g.mul(p, g.sub(short, g.op('Max', [d, g.float(0)])))
  const ofBaseline = g.mul(q, g.add(short, g.op('Min', [d, g.float(0)])))
  return g.mul(sumOverVocabulary(g, g.add(ofBaseline, ofRow)), g.float(0.5))
}

/** The rows p [B, N, V] and the baselines q [B, 1, V], and their logarithms. */
function distributions(g: GraphBuilder, { logits, logSumExp, baseline, groups }: ComparedRows) {
  const logp = g.op('Reshape', [g.sub(logits, logSumExp), groups])
  const max = g.reduceMax(baseline)
  const logSum = g.op('Log', [sumOverVocabulary(g, g.op('Exp', [g.sub(baseline, max)]))])
  // As for the rows, so that equal logits have equal logarithms.
  const logq = g.op('Unsqueeze', [g.sub(baseline, g.add(logSum, max)), g.ints([1])])
  return { logp, p: g.op('Exp', [logp]), logq, q: g.op('Exp', [logq]) }
}
