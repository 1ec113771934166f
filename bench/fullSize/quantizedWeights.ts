// The weights as ONNX Runtime's dynamic quantization writes them, which makes the `q8` files of `@huggingface/transformers`:
// int8 matrices with one scale, inputs that are rounded to uint8 at run time, `wte` for tokens and for the LM head.

import { open } from 'node:fs/promises'
import type { Checkpoint } from '../../src/model/gpt2/checkpoint'
import { HEAD, readFloats, readMatrix } from '../../src/model/int8/floatWeights'
import type { GraphBuilder, Value } from '../../src/onnx/graphBuilder'
import type { StandardWeights } from './standardGraph'

/** int8 has 127 steps on each side of zero (−128 is not used). */
const LEVELS = 127
const TOKENS = 'wte'

/** A matrix in the data file: int8 · scale. */
interface QuantizedMatrix {
  readonly shape: readonly [number, number]
  /** In bytes. */
  readonly offset: number
  readonly scale: number
}

/** Writes the matrices [in, out] of the layers and of the LM head, and `wte` [V, C], to a new data file; by their names. */
export async function writeQuantizedMatrices(
  checkpoint: Checkpoint,
  path: string,
): Promise<ReadonlyMap<string, QuantizedMatrix>> {
  const { nEmbd: C, nInner, nLayer, vocabSize: V } = checkpoint.config
  const matrices = new Map<string, QuantizedMatrix>()
  const file = await open(path, 'w')
  try {
    let offset = 0
    const write = async (name: string, shape: readonly [number, number], floats: Float32Array) => {
      const scale = floats.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / LEVELS
      await file.write(new Int8Array(floats.map((value) => Math.round(value / scale))))
      matrices.set(name, { shape, offset, scale })
      offset += floats.length
    }
    const writeLayer = (name: string, inputs: number, outputs: number) =>
      write(name, [inputs, outputs], readMatrix(checkpoint, { name, inputs, outputs }))
    for (let i = 0; i < nLayer; i++) {
      await writeLayer(`h.${i}.attn.c_attn`, C, 3 * C)
      await writeLayer(`h.${i}.attn.c_proj`, C, C)
      await writeLayer(`h.${i}.mlp.c_fc`, C, nInner)
      await writeLayer(`h.${i}.mlp.c_proj`, nInner, C)
    }
    await writeLayer(HEAD, C, V)
    await write(TOKENS, [V, C], readFloats(checkpoint, 'wte.weight'))
  } finally {
    await file.close()
  }
  return matrices
}

/**
 * The matrices in int8, all other tensors in float32.
 * @param location of the data file of the matrices
 */
export function quantizedWeights(
  floats: (g: GraphBuilder) => StandardWeights,
  matrices: ReadonlyMap<string, QuantizedMatrix>,
  location: string,
): (g: GraphBuilder) => StandardWeights {
  return (g) => {
    const matrix = (name: string) => {
      const { shape, offset, scale } = matrices.get(name) ?? missing(name)
      const weight = g.external(`${name}.quantized`, 'int8', shape, shape[0] * shape[1], { location, offset })
      return { weight, scale: g.float(scale) }
    }
    const product = (x: Value, layer: string) => {
      const { weight, scale } = matrix(layer)
      const rounding = { type: 'DynamicQuantizeLinear', inputs: [x] }
      const { rounded, step, zero } = g.ops(rounding, 'rounded', 'step', 'zero')
      const sums = g.op('MatMulInteger', [rounded, weight, zero])
      return g.mul(g.cast(sums, 'float32'), g.mul(step, scale))
    }
    return {
      tensor: floats(g).tensor,
      product,
      tokenEmbeddings: (ids) => {
        const { weight, scale } = matrix(TOKENS)
        return g.op('DequantizeLinear', [g.op('Gather', [weight, ids]), scale])
      },
    }
  }
}

function missing(name: string): never {
  throw new Error(`matrix ${name} is missing`)
}
