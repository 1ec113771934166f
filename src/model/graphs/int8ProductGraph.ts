import { GraphBuilder } from '../../onnx/graphBuilder'
import type { ModelGraph } from './gpt2GraphBuilder'
import { int8Product } from './int8Layer'

/** Name of the graph's weight. */
export const PRODUCT_WEIGHT = 'weight'

/**
 * The product of the int8 layers alone, to check a runtime. Feeds: `rows` uint8 [S, in], `zero` uint8 [], which is
 * subtracted from every byte. Output: `product` [S, out]. External data: `weight` int8 [in, out].
 */
export function int8ProductGraph(inputs: number, outputs: number): ModelGraph {
  const g = new GraphBuilder()
  const rows = g.input('rows', 'uint8', ['S', inputs])
  const zero = g.input('zero', 'uint8', [])
  const weight = g.external(PRODUCT_WEIGHT, 'int8', [inputs, outputs], inputs * outputs)
  const scale = g.floats(Array<number>(outputs).fill(1))
  g.output('product', int8Product(g, { rows, weight, scale, zero }), 'float32', ['S', outputs])
  return { name: 'int8Product', model: g.build(), weights: [PRODUCT_WEIGHT], rows: [] }
}
