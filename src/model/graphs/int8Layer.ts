// A layer whose matrix is int8. S rows, K channels that stay in float32.

import type { GraphBuilder, Value } from '../../onnx/graphBuilder'
import type { Checkpoint } from '../gpt2/checkpoint'
import { hiddenShift, isHiddenLayer } from '../int8/int8Form'

/** The graph builder that a layer needs. */
interface Int8Graph extends GraphBuilder {
  readonly checkpoint: Checkpoint
  /** The tensor in its stored type. */
  stored(name: string): Value
}

/** Whether the checkpoint has this layer in int8. */
export function isInt8Layer(checkpoint: Checkpoint, name: string): boolean {
  return checkpoint.has(`${name}.scale`)
}

/**
 * x [S, in] → [S, out]. Each row of x is rounded to 8 bits with its own scale, so that its result does not depend on the
 * other rows of the chunk. The products are summed as integers, which is exact.
 */
export function int8Layer(g: Int8Graph, name: string): (x: Value) => Value {
  const part = (suffix: string) => `${name}.${suffix}`
  const optional = (suffix: string) => (g.checkpoint.has(part(suffix)) ? g.stored(part(suffix)) : undefined)
  const [weight, scale, bias] = [g.stored(part('weight')), g.stored(part('scale')), optional('bias')]
  const [channels, exact, others] = [optional('channels'), optional('exact'), optional('others')]
  const shift = isHiddenLayer(name) ? hiddenShift(g.checkpoint.config) : undefined

  return (x) => {
    const { rows, zero, step } = roundedRows(g, others === undefined ? x : g.mul(x, others), shift)
    const product = int8Product(g, { rows, weight, scale, zero })
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

interface ProductFeeds {
  readonly rows: Value
  readonly weight: Value
  readonly scale: Value
  readonly zero: Value
}

/** (rows − zero) · weight · scale: bytes [S, in], int8 [in, out], float32 [out] → [S, out]. The sums are integers. */
export function int8Product(g: GraphBuilder, { rows, weight, scale, zero }: ProductFeeds): Value {
  return g.runtimeOp('MatMulIntegerToFloat', [rows, weight, g.float(1), scale, zero])
}

/** Step of a row of zeros; avoids a division by zero. */
const SMALLEST_STEP = 1e-20

/**
 * x [S, in] → bytes [S, in], and the step [S, 1] between two byte values of a row. With a `shift`, no value of x is below
 * −`shift`, and all 256 byte values are used for x + `shift`; without one, 127 for each side of zero.
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
