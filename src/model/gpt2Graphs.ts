// GPT-2 as two ONNX graphs: the blocks, and the vocabulary's two ends, embeddings and LM head with its reductions.
// Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"; tensor names are OpenAI's.
//
// S tokens of this chunk, P tokens kept from before, Z rows of zeros, T = P + S + Z
// C = nEmbd, H = nHead, D = C / H, V = 50257, R rows of the residual stream, K alternatives

import { GraphBuilder, type Value } from '../onnx/graphBuilder'
import { assertNever } from '../shared/assertNever'
import { VOCABULARY_SIZE } from '../shared/prediction'
import type { Checkpoint } from './checkpoint'
import { int8Layer, isInt8Layer } from './int8Layer'

/** A graph and the checkpoint's tensors that it names as external data. */
export interface ModelGraph {
  readonly model: Uint8Array
  readonly weights: readonly string[]
}

/**
 * The blocks. Feeds: `x` [S, C] (wte row + wpe row), `mask` [S, T] (added to the scores: 0 or a large negative),
 * `padding` [Z, C] (zeros that stand behind the keys and values), `past.{i}.key` and `past.{i}.value` [P, C]. Gives: `residual` [S, C], before `ln_f`, and the new rows
 * `present.{i}.key` and `present.{i}.value` [S, C]; and `stream.{i}` [S, C], the stream after block i.
 */
export function transformerGraph(checkpoint: Checkpoint): ModelGraph {
  const g = new Gpt2GraphBuilder(checkpoint)
  const { nLayer, nEmbd } = checkpoint.config
  const mask = g.input('mask', 'float32', ['S', 'T'])
  const padding = g.input('padding', 'float32', ['Z', nEmbd])
  let x = g.input('x', 'float32', ['S', nEmbd])
  for (let i = 0; i < nLayer; i++) {
    x = block(g, i, x, { mask, padding })
    g.output(`stream.${i}`, x, 'float32', ['S', nEmbd])
  }
  g.output('residual', x, 'float32', ['S', nEmbd])
  return g.finish()
}

/**
 * Embeddings and head, in one graph because they share `wte`: one of the two is given no rows.
 * Embeddings: `tokenIds` and `positions` [S] → `x` [S, C].
 * Head: `residual` [R, C], `target` [R, 1], `topK` [1], `inverseTemperature` []
 * → in rows: `logits` [R, V] raw, `topLogits` and `topIds` [R, K], `targetLogit` [R, 1],
 * `targetRank` [R, 1], and, of z = (logits − row maximum) · inverseTemperature, `logSum` (log Σe^z)
 * and `entropy` [R, 1] in nats.
 */
export function vocabularyGraph(checkpoint: Checkpoint): ModelGraph {
  const g = new Gpt2GraphBuilder(checkpoint)
  const { nEmbd } = checkpoint.config
  const tokenIds = g.input('tokenIds', 'int32', ['S'])
  const positions = g.input('positions', 'int32', ['S'])
  g.output('x', embeddings(g, tokenIds, positions), 'float32', ['S', nEmbd])

  const residual = g.input('residual', 'float32', ['R', nEmbd])
  const target = g.input('target', 'int64', ['R', 1])
  const topK = g.input('topK', 'int64', [1])
  const inverseTemperature = g.input('inverseTemperature', 'float32', [])

  // Outside of the branch, where a cast is folded.
  const project = g.projection()
  const [logits, topLogits, topIds, targetLogit, targetRank, logSum, entropy] = g.either(
    g.cast(g.op('Size', [residual]), 'bool'),
    () => head(g, { residual, project, target, topK, inverseTemperature }),
    // No rows, of the right types: the reductions cannot be computed of none.
    () => [residual, residual, target, residual, tokenIds, residual, residual],
  )
  g.output('logits', logits, 'float32', ['R', VOCABULARY_SIZE])
  g.output('topLogits', topLogits, 'float32', ['R', 'K'])
  g.output('topIds', topIds, 'int64', ['R', 'K'])
  g.output('targetLogit', targetLogit, 'float32', ['R', 1])
  g.output('targetRank', targetRank, 'int32', ['R', 1])
  g.output('logSum', logSum, 'float32', ['R', 1])
  g.output('entropy', entropy, 'float32', ['R', 1])
  return g.finish()
}

interface HeadFeeds {
  readonly residual: Value
  /** [R, C] → [R, V] */
  readonly project: (x: Value) => Value
  readonly target: Value
  readonly topK: Value
  readonly inverseTemperature: Value
}

/** Residual rows [R, C] → raw logits [R, V], without a bias, and what is read off them. */
function head(
  g: Gpt2GraphBuilder,
  { residual, project, target, topK, inverseTemperature }: HeadFeeds,
): Value[] {
  const logits = project(g.layerNorm('ln_f', residual))
  const [topLogits, topIds] = g.ops('TopK', [logits, topK], 2, { axis: -1 })
  const targetLogit = g.op('GatherElements', [logits, target], { axis: 1 })
  const greater = g.reduceSum(g.cast(g.op('Greater', [logits, targetLogit]), 'int32'))
  const targetRank = g.add(greater, g.cast(g.float(1), 'int32'))

  // No exponential overflows, and at a low temperature no digit is lost: entropy = log Σe^z − Σ p·z.
  const z = g.mul(g.sub(logits, g.reduceMax(logits)), inverseTemperature)
  const exp = g.op('Exp', [z])
  const sum = sumOverVocabulary(g, exp)
  const logSum = g.op('Log', [sum])
  const entropy = g.sub(logSum, g.div(sumOverVocabulary(g, g.mul(exp, z)), sum))
  return [logits, topLogits, topIds, targetLogit, targetRank, logSum, entropy]
}

/** wte row of each token + wpe row of its position: [S] → [S, C]. */
function embeddings(g: Gpt2GraphBuilder, tokenIds: Value, positions: Value): Value {
  return g.add(g.rows('wte.weight', tokenIds), g.rows('wpe.weight', positions))
}

interface AttentionFeeds {
  readonly mask: Value
  readonly padding: Value
}

/** One block: x [S, C] → [S, C]. */
function block(g: Gpt2GraphBuilder, i: number, x: Value, feeds: AttentionFeeds): Value {
  const afterAttention = g.add(x, attention(g, i, g.layerNorm(`h.${i}.ln_1`, x), feeds))
  return g.add(afterAttention, mlp(g, i, g.layerNorm(`h.${i}.ln_2`, afterAttention)))
}

/**
 * Causal self-attention: x [S, C] → [S, C], in primitive operators,
 * the only ones that every WebGPU adapter computes right.
 */
function attention(g: Gpt2GraphBuilder, i: number, x: Value, { mask, padding }: AttentionFeeds): Value {
  const { nEmbd: C, nHead: H, scaleAttnByInverseLayerIdx } = g.checkpoint.config
  const D = C / H
  const qkv = g.linear(`h.${i}.attn.c_attn`, x)
  const [query, key, value] = g.ops('Split', [qkv, g.ints([C, C, C])], 3, { axis: 1 })
  const keys = g.concat(0, g.past(i, 'key'), key, padding)
  const values = g.concat(0, g.past(i, 'value'), value, padding)
  g.present(i, 'key', key)
  g.present(i, 'value', value)

  const q = g.transpose(g.reshape(query, [-1, H, D]), [1, 0, 2]) // [H, S, D]
  const k = g.transpose(g.reshape(keys, [-1, H, D]), [1, 2, 0]) // [H, D, T]
  const v = g.transpose(g.reshape(values, [-1, H, D]), [1, 0, 2]) // [H, T, D]
  const scale = 1 / Math.sqrt(D) / (scaleAttnByInverseLayerIdx ? i + 1 : 1)
  const scores = g.add(g.matMul(g.mul(q, g.float(scale)), k), mask) // [H, S, T]
  const mixed = g.matMul(g.softmax(scores), v) // [H, S, D]
  return g.linear(`h.${i}.attn.c_proj`, g.reshape(g.transpose(mixed, [1, 0, 2]), [-1, C]))
}

/** x [S, C] → [S, C] through [S, nInner]. */
function mlp(g: Gpt2GraphBuilder, i: number, x: Value): Value {
  const hidden = activation(g, g.linear(`h.${i}.mlp.c_fc`, x))
  return g.linear(`h.${i}.mlp.c_proj`, hidden)
}

/** gelu_new is the tanh form of GELU. */
function activation(g: Gpt2GraphBuilder, x: Value): Value {
  const { activation } = g.checkpoint.config
  switch (activation) {
    case 'gelu_new':
      return g.op('Gelu', [x], { approximate: 'tanh' })
    case 'gelu':
      return g.op('Gelu', [x], { approximate: 'none' })
    case 'relu':
      return g.op('Relu', [x])
    default:
      return assertNever(activation)
  }
}

/**
 * [R, V] → [R, 1] in two stages: ORT adds one float32 after the other, and over 50,257 of them
 * the rounding alone costs 4e-4 nats; 50,257 = 1,733 · 29 brings it to 1e-5.
 */
function sumOverVocabulary(g: GraphBuilder, x: Value): Value {
  return g.reduceSum(g.op('Squeeze', [g.reduceSum(g.reshape(x, [-1, 1733, 29])), g.ints([-1])]))
}

/** A graph builder that knows the checkpoint's tensors by name. */
export class Gpt2GraphBuilder extends GraphBuilder {
  private readonly known = new Map<string, Value>()
  private readonly named = new Set<string>()

  constructor(readonly checkpoint: Checkpoint) {
    super()
  }

  /** The tensor as float32, whatever it is stored as: ORT folds the cast once, when the session is made. */
  weight(name: string): Value {
    const known = this.known.get(name)
    if (known !== undefined) return known
    const { type } = this.checkpoint.weight(name)
    const stored = this.stored(name)
    const floats = type === 'float32' ? stored : this.cast(stored, 'float32')
    this.known.set(name, floats)
    return floats
  }

  /** The tensor as it is stored. */
  stored(name: string): Value {
    const { type, shape, byteLength } = this.checkpoint.weight(name)
    this.named.add(name)
    return this.external(name, type, shape, byteLength)
  }

  /** Rows of a matrix [V, C] as float32: [S] → [S, C]. Where the head has another matrix, as they are stored. */
  rows(name: string, indices: Value): Value {
    if (this.checkpoint.precision === 'fp32') return this.op('Gather', [this.weight(name), indices])
    return this.cast(this.op('Gather', [this.stored(name), indices]), 'float32')
  }

  /** From the normalized stream to the logits, without a bias: `wte`, unless the checkpoint has a head of its own. */
  projection(): (x: Value) => Value {
    if (isInt8Layer(this.checkpoint, 'lm_head')) return int8Layer(this, 'lm_head')
    const weight = this.weight(this.checkpoint.config.tied ? 'wte.weight' : 'lm_head.weight')
    return (x) => this.op('Gemm', [x, weight], { transB: 1 })
  }

  /** x [S, in] · weight + bias [out]; the weight is [in, out], in Linear layout [out, in]. */
  linear(name: string, x: Value): Value {
    if (isInt8Layer(this.checkpoint, name)) return int8Layer(this, name)(x)
    return this.op('Gemm', [x, ...this.weightAndBias(name)], {
      transB: this.checkpoint.layout === 'Linear' ? 1 : 0,
    })
  }

  layerNorm(name: string, x: Value): Value {
    return this.op('LayerNormalization', [x, ...this.weightAndBias(name)], {
      axis: -1,
      epsilon: { float: this.checkpoint.config.layerNormEpsilon },
    })
  }

  /** Of both kinds of layers the bias may be absent. */
  private weightAndBias(name: string): Value[] {
    const weight = this.weight(`${name}.weight`)
    return this.checkpoint.hasBiases ? [weight, this.weight(`${name}.bias`)] : [weight]
  }

  past(i: number, part: 'key' | 'value'): Value {
    return this.input(`past.${i}.${part}`, 'float32', ['P', this.checkpoint.config.nEmbd])
  }

  present(i: number, part: 'key' | 'value', rows: Value): void {
    this.output(`present.${i}.${part}`, rows, 'float32', ['S', this.checkpoint.config.nEmbd])
  }

  finish(): ModelGraph {
    return { model: this.build(), weights: [...this.named] }
  }
}
