// GPT-2 as ONNX exporters write it, for the peers: one graph with all logits as output, keys and values by head.
//
// B texts, S tokens, P cached tokens before them, T = P + S, C = nEmbd, H = nHead, D = C / H, V = 50257

import { GraphBuilder, type Value } from '../../src/onnx/graphBuilder'
import type { Gpt2Config } from '../../src/model/gpt2/config'
import { HEAD } from '../../src/model/int8/floatWeights'

/** Finite, as in our own graphs. */
const MASKED = -1e9

/** The weights in the form that they are stored in. */
export interface StandardWeights {
  /** A float32 tensor by GPT-2's own name. */
  readonly tensor: (name: string) => Value
  /** x [B, S, in] · W [in, out] of a layer, or of the LM head */
  readonly product: (x: Value, layer: string) => Value
  /** The rows [B, S, C] of `wte`. */
  readonly tokenEmbeddings: (ids: Value) => Value
}

/**
 * Feeds: `input_ids` and `position_ids` [B, S], `attention_mask` [B, T], `past_key_values.{i}.key` and `.value`
 * [B, H, P, D]. Outputs: `logits` [B, S, V], `present.{i}.key` and `.value` [B, H, T, D].
 */
export function standardGraph(
  config: Gpt2Config,
  weightsIn: (g: GraphBuilder) => StandardWeights,
): Uint8Array {
  const { nLayer, nHead: H, nEmbd: C, vocabSize: V, layerNormEpsilon } = config
  const D = C / H
  const g = new GraphBuilder()
  const { tensor, product, tokenEmbeddings } = weightsIn(g)
  const linear = (name: string, x: Value) => g.add(product(x, name), tensor(`${name}.bias`))
  const layerNorm = (name: string, x: Value) =>
    g.op('LayerNormalization', [x, tensor(`${name}.weight`), tensor(`${name}.bias`)], {
      axis: -1,
      epsilon: { float: layerNormEpsilon },
    })
  const byHead = (x: Value) => g.transpose(g.reshape(x, [0, 0, H, D]), [0, 2, 1, 3])

  const inputIds = g.input('input_ids', 'int64', ['B', 'S'])
  const attentionMask = g.input('attention_mask', 'int64', ['B', 'T'])
  const positionIds = g.input('position_ids', 'int64', ['B', 'S'])
  const mask = causalMask(g, inputIds, attentionMask)

  let x = g.add(tokenEmbeddings(inputIds), g.op('Gather', [tensor('wpe.weight'), positionIds]))
  for (let i = 0; i < nLayer; i++) {
    const past = (part: string) => g.input(`past_key_values.${i}.${part}`, 'float32', ['B', H, 'P', D])
    const qkv = linear(`h.${i}.attn.c_attn`, layerNorm(`h.${i}.ln_1`, x))
    const split = { type: 'Split', inputs: [qkv, g.ints([C, C, C])], attributes: { axis: 2 } }
    const { query, key, value } = g.ops(split, 'query', 'key', 'value')
    const keys = g.concat(2, past('key'), byHead(key))
    const values = g.concat(2, past('value'), byHead(value))
    g.output(`present.${i}.key`, keys, 'float32', ['B', H, 'T', D])
    g.output(`present.${i}.value`, values, 'float32', ['B', H, 'T', D])
    const scores = g.matMul(byHead(query), g.transpose(keys, [0, 1, 3, 2])) // [B, H, S, T]
    const shares = g.softmax(g.add(g.mul(scores, g.float(1 / Math.sqrt(D))), mask))
    const mixed = g.reshape(g.transpose(g.matMul(shares, values), [0, 2, 1, 3]), [0, 0, C])
    x = g.add(x, linear(`h.${i}.attn.c_proj`, mixed))
    const hidden = linear(`h.${i}.mlp.c_fc`, layerNorm(`h.${i}.ln_2`, x))
    x = g.add(x, linear(`h.${i}.mlp.c_proj`, g.op('Gelu', [hidden], { approximate: 'tanh' })))
  }
  g.output('logits', product(layerNorm('ln_f', x), HEAD), 'float32', ['B', 'S', V])
  return g.build()
}

/** [B, 1, S, T], added to the scores: the token at P + s attends to the tokens up to itself where `attentionMask` is 1. */
function causalMask(g: GraphBuilder, inputIds: Value, attentionMask: Value): Value {
  const scalar = (x: Value) => g.op('Squeeze', [x])
  const lengthOf = (x: Value) => scalar(g.op('Gather', [g.op('Shape', [x]), g.ints([1])]))
  const [S, T] = [lengthOf(inputIds), lengthOf(attentionMask)]
  const one = scalar(g.ints([1]))
  const keys = g.op('Range', [g.sub(one, one), T, one]) // [T]
  const queries = g.op('Unsqueeze', [g.op('Range', [g.sub(T, S), T, one]), g.ints([1])]) // [S, 1]
  const seen = g.op('And', [
    g.op('LessOrEqual', [keys, queries]),
    g.op('Unsqueeze', [g.cast(attentionMask, 'bool'), g.ints([1, 2])]),
  ])
  return g.op('Where', [seen, g.float(0), g.float(MASKED)])
}
