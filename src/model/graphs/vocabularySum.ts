import type { GraphBuilder, Value } from '../../onnx/graphBuilder'

/** The vocabulary in blocks: V = 1,733 · 29 */
export const BLOCKS = 1733
export const BLOCK = 29

/**
 * Sums [R, V], or any shape whose last dimension is V, → [R, 1] in two stages: ONNX Runtime adds float32 values one by
 * one, and over V of them rounding costs 4e-4 nats; in blocks 1e-5.
 */
export function sumOverVocabulary(g: GraphBuilder, x: Value): Value {
  return g.reduceSum(g.op('Squeeze', [g.reduceSum(g.reshape(x, [-1, BLOCKS, BLOCK])), g.ints([-1])]))
}
