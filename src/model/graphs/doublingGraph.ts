import { GraphBuilder } from '../../onnx/graphBuilder'
import type { ModelGraph } from './gpt2GraphBuilder'

/** A small graph without weights, to try a runtime: `x` [N] → `y` [N], 2x. */
export function doublingGraph(): ModelGraph {
  const g = new GraphBuilder()
  const x = g.input('x', 'float32', ['N'])
  g.output('y', g.op('Add', [x, x]), 'float32', ['N'])
  return { name: 'doubling', model: g.build(), weights: [], rows: [] }
}
