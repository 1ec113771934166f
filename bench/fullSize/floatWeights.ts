import type { TensorEntry } from '../../src/model/formats/safetensors'
import type { Gpt2Config } from '../../src/model/gpt2/config'
import { HEAD } from '../../src/model/int8/floatWeights'
import type { GraphBuilder, Value } from '../../src/onnx/graphBuilder'
import type { StandardWeights } from './standardGraph'

/**
 * The weights in float32, as exporters write them.
 * @param entries tensors by GPT-2's own names, in the external data file `location`
 */
export function floatWeights(
  { nEmbd: C, vocabSize: V }: Gpt2Config,
  entries: ReadonlyMap<string, TensorEntry>,
  location: string,
): (g: GraphBuilder) => StandardWeights {
  return (g) => {
    const tensor = (name: string): Value => {
      const entry = entries.get(name)
      if (entry === undefined) throw new Error(`tensor ${name} is missing`)
      return g.external(name, 'float32', entry.shape, entry.byteLength, { location, offset: entry.offset })
    }
    /** `wte` is stored once, so the LM head multiplies with its transpose. */
    const logits = (x: Value) => {
      const rows = g.op('Gemm', [g.reshape(x, [-1, C]), tensor('wte.weight')], { transB: 1 })
      const lengths = g.op('Slice', [g.op('Shape', [x]), g.ints([0]), g.ints([2])])
      return g.op('Reshape', [rows, g.concat(0, lengths, g.ints([V]))])
    }
    return {
      tensor,
      product: (x, layer) => (layer === HEAD ? logits(x) : g.matMul(x, tensor(`${layer}.weight`))),
      tokenEmbeddings: (ids) => g.op('Gather', [tensor('wte.weight'), ids]),
    }
  }
}
