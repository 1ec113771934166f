// A layer whose matrix is int8. S rows, K channels that stay exact.

import type { GraphBuilder, Value } from '../../onnx/graphBuilder'
import type { Checkpoint } from '../gpt2/checkpoint'
import { hiddenShift, isHiddenLayer } from '../int8/int8Form'

/** What the layer is made of. */
interface Int8Graph extends GraphBuilder {
  readonly checkpoint: Checkpoint
  /** The tensor as it is stored. */
  stored(name: string): Value
}

/** Whether the layer is one that the checkpoint has in int8. */
export function isInt8Layer(checkpoint: Checkpoint, name: string): boolean {
  return checkpoint.has(`${name}.scale`)
}

/**
 * x [S, in] → [S, out]. Each row of x is rounded to 8 bits on a scale of its own, so that what comes out of a row
 * does not depend on which others are in the chunk; the products are added as integers, exactly.
 */
export function int8Layer(g: Int8Graph, name: string): (x: Value) => Value {
  const part = (suffix: string) => `${name}.${suffix}`
  const optional = (suffix: string) => (g.checkpoint.has(part(suffix)) ? g.stored(part(suffix)) : undefined)
  const [weight, scale, bias] = [g.stored(part('weight')), g.stored(part('scale')), optional('bias')]
  const [channels, exact, others] = [optional('channels'), optional('exact'), optional('others')]
  const shift = isHiddenLayer(name) ? hiddenShift(g.checkpoint.config) : undefined

  return (x) => {
    const { rows, zero, step } = roundedRows(g, others === undefined ? x : g.mul(x, others), shift)
    const product = g.runtimeOp('MatMulIntegerToFloat', [rows, weight, g.float(1), scale, zero])
    const y = g.mul(product, step)
    if (channels !== undefined && exact !== undefined) {
      const exactly = [
        g.op('Gather', [x, channels], { axis: 1 }),
        exact,
        ...(bias === undefined ? [] : [bias]),
      ]
      return g.add(y, g.op('Gemm', exactly))
    }
    return bias === undefined ? y : g.add(y, bias)
  }
}

/** What a row of zeros has as its step. */
const SMALLEST_STEP = 1e-20

/**
 * x [S, in] → bytes [S, in], and the step [S, 1] between two bytes of a row. Where nothing is below −`shift`
 * all 256 steps go to what is above, otherwise 127 to each side of zero.
 */
function roundedRows(g: GraphBuilder, x: Value, shift: number | undefined) {
  const shifted = shift === undefined ? x : g.add(x, g.float(shift))
  const largest =
    shift === undefined ? g.op('Max', [g.reduceMax(x), g.op('Neg', [g.reduceMin(x)])]) : g.reduceMax(shifted)
  const step = g.op('Max', [
    g.mul(largest, g.float(shift === undefined ? 1 / 127 : 1 / 255)),
    g.float(SMALLEST_STEP),
  ])
  const zero = g.uint8(shift === undefined ? 128 : 0)
  const steps = g.op('Squeeze', [step, g.ints([1])])
  const rows = g.op('QuantizeLinear', [shifted, steps, g.op('Expand', [zero, g.op('Shape', [steps])])], {
    axis: 0,
  })
  return { rows, zero, step }
}
