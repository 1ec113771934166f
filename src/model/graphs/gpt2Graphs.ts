// GPT-2 as two ONNX graphs: the blocks, and the vocabulary's two ends, embeddings and LM head with its reductions.
// Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"; tensor names are OpenAI's.
//
// S tokens of this chunk, P cached tokens before it, Z rows of zeros, T = P + S + Z
// C = nEmbd, H = nHead, D = C / H, V = 50257, R rows of the residual stream, K alternatives
// All operators exist in ONNX Runtime on both WASM and WebGPU; a test checks that.

import type { GraphBuilder, Value } from '../../onnx/graphBuilder'
import { assertNever } from '../../shared/assertNever'
import { VOCABULARY_SIZE } from '../gpt2/config'
import type { Checkpoint } from '../gpt2/checkpoint'
import { attributionFeeds, type BlockStart, outputAttribution } from './attributionParts'
import { jensenShannonDivergence, klDivergence } from './divergences'
import { attentionScale, Gpt2GraphBuilder, type ModelGraph, type PastRows } from './gpt2GraphBuilder'
import { BLOCK, BLOCKS, sumOverVocabulary } from './vocabularySum'

/**
 * The blocks. Feeds: `x` [S, C] (wte row + wpe row), `mask` [S, T] (added to the scores: 0 or a large negative),
 * `padding` [Z, C] (zeros that are appended to the keys and values), `past.{i}.key` and `past.{i}.value` [P, C],
 * `observed` [], and those of `attributionFeeds`.
 * Outputs: `residual` [S, C], before `ln_f`; the new rows `present.{i}.key` and `present.{i}.value` [S, C]; and
 * `magnitude.{i}` [S, 1], which is finite if all values of the row in the blocks 0 to i are finite. It is the sum of
 * |x| over the residual stream after each block and over each block's values before its softmax and its activation:
 * these two can turn infinity, on a GPU even NaN, into a finite number, which later blocks would not notice.
 * If `observed` is true, `streams` [S, L · C] is the residual stream before each block; with `residual` these are the
 * layers of the logit lens. In fp32 also the outputs of `outputAttribution`.
 */
export function transformerGraph(checkpoint: Checkpoint): ModelGraph {
  const g = new Gpt2GraphBuilder(checkpoint)
  const { nLayer, nEmbd } = checkpoint.config
  const mask = g.input('mask', 'float32', ['S', 'T'])
  const padding = g.input('padding', 'float32', ['Z', nEmbd])
  const observed = g.input('observed', 'bool', [])
  const attribution = attributionFeeds(g)
  const blocks: BlockStart[] = []
  let x = g.input('x', 'float32', ['S', nEmbd])
  let magnitude: Value | undefined
  for (let i = 0; i < nLayer; i++) {
    const past = g.past(i)
    blocks.push({ x, past })
    const result = block(g, i, x, { mask, padding, past })
    x = result.x
    const magnitudes = [...result.checked, x].map((rows) => g.reduceL1(rows))
    magnitude = (magnitude === undefined ? magnitudes : [magnitude, ...magnitudes]).reduce(g.add)
    g.output(`magnitude.${i}`, magnitude, 'float32', ['S', 1])
  }
  g.rowsOutput('residual', x)
  const streams = () => g.concat(1, ...blocks.map((start) => start.x))
  const { layers } = g.either(
    observed,
    () => ({ layers: streams() }),
    () => ({ layers: padding }),
  )
  g.rowsOutput('streams', layers, nLayer * nEmbd)
  if (attribution !== undefined) outputAttribution(g, blocks, attribution)
  return g.finish('transformer')
}

/**
 * Embeddings and head, in one graph because they share `wte`. Each run feeds rows to one of the two.
 * Embeddings: `tokenIds` and `positions` [S] → `x` [S, C], the sum of `wte` and `wpe` [S, C]; and in fp32 `unembedding`
 * [S, C], the rows of these tokens in the LM head's matrix.
 * Head, if `hasRows` [] is true: `residual` [R, C], `target` [R, 1], `places` [K], of which only the length is used (the
 * value of a scalar K would have to be read back from the GPU), `inverseTemperature` [1], `hasBaseline` [],
 * `baseline` [B, V], of which R is a multiple, `groups` int64 [3] (B, R / B, V; empty without a baseline, so that a GPU gets nothing), and `hasJensenShannon` []
 * → `logits` [R, V], raw, and `scores` [R, 4 + 2K]: `logSum` and `entropy` in nats, of
 * z = (logits − row maximum) · inverseTemperature; `targetLogit`, `targetRank`, `topIds` [K] and `topLogits` [K].
 * All are float32, which represents ids and ranks exactly, in one tensor, because each read from a GPU takes a wait.
 * If `hasBaseline` is true, also `kl` [R, 1], and if `hasJensenShannon` is true, `jensenShannon` [R, 1], in nats at
 * temperature 1. No condition is inside of another: on a GPU it would be read back.
 * @param maxTensorBytes size limit of a weight tensor; larger vocabulary matrices are split
 */
export function vocabularyGraph(checkpoint: Checkpoint, maxTensorBytes: number): ModelGraph {
  const g = new Gpt2GraphBuilder(checkpoint, maxTensorBytes)
  const { nEmbd } = checkpoint.config
  const tokenIds = g.input('tokenIds', 'int32', ['S'])
  const positions = g.input('positions', 'int32', ['S'])
  const wte = g.rows('wte.weight', tokenIds)
  const wpe = g.rows('wpe.weight', positions)
  g.rowsOutput('x', g.add(wte, wpe))
  g.output('wte', wte, 'float32', ['S', nEmbd])
  g.output('wpe', wpe, 'float32', ['S', nEmbd])
  if (checkpoint.precision === 'fp32') {
    const unembedding = checkpoint.config.tied ? wte : g.rows('lm_head.weight', tokenIds)
    g.output('unembedding', unembedding, 'float32', ['S', nEmbd])
  }

  const hasRows = g.input('hasRows', 'bool', [])
  const residual = g.input('residual', 'float32', ['R', nEmbd])
  const target = g.input('target', 'int32', ['R', 1])
  const places = g.input('places', 'int32', ['K'])
  const inverseTemperature = g.input('inverseTemperature', 'float32', ['N'])
  const hasBaseline = g.input('hasBaseline', 'bool', [])
  const baseline = g.input('baseline', 'float32', ['B', VOCABULARY_SIZE])
  const groups = g.input('groups', 'int64', ['groups'])
  const hasJensenShannon = g.input('hasJensenShannon', 'bool', [])

  // Outside of the branch, so that ONNX Runtime folds the cast of the weights once.
  const project = g.projection()
  const { logits, logSumExp, scores } = g.either(
    hasRows,
    () => head(g, { residual, project, target, places, inverseTemperature }),
    // Empty outputs of the right type: the reductions fail on zero rows.
    () => ({ logits: residual, logSumExp: residual, scores: residual }),
  )
  g.rowsOutput('logits', logits, VOCABULARY_SIZE)
  g.output('scores', scores, 'float32', ['R', 'columns'])
  const compared = { logits, logSumExp, baseline, groups }
  const divergence = (name: string, isWanted: Value, compute: () => Value) => {
    const { value } = g.either(
      isWanted,
      () => ({ value: compute() }),
      () => ({ value: logSumExp }),
    )
    g.output(name, value, 'float32', ['R', 1])
  }
  divergence('kl', hasBaseline, () => klDivergence(g, compared))
  divergence('jensenShannon', hasJensenShannon, () => jensenShannonDivergence(g, compared))
  return g.finish('vocabulary')
}

interface HeadFeeds {
  readonly residual: Value
  /** [R, C] → [R, V] */
  readonly project: (x: Value) => Value
  readonly target: Value
  readonly places: Value
  readonly inverseTemperature: Value
}

/** Residual rows [R, C] → raw logits [R, V], without a bias, their log-sum-exp [R, 1], and the scores [R, 4 + 2K]. */
function head(
  g: Gpt2GraphBuilder,
  { residual, project, target, places, inverseTemperature }: HeadFeeds,
): { logits: Value; logSumExp: Value; scores: Value } {
  const logits = project(g.layerNorm('ln_f', residual))
  const top = topOfVocabulary(g, logits, g.op('Shape', [places]))
  const targetLogit = g.gatherElements(logits, target)
  const greater = g.reduceSum(g.cast(g.op('Greater', [logits, targetLogit]), 'int32'))
  const targetRank = g.add(g.cast(greater, 'float32'), g.float(1))

  // Entropy = log Σe^z − Σ p·z. With the maximum subtracted, no exponential overflows, and a low temperature loses no
  // precision.
  const max = g.reduceMax(logits)
  const z = g.mul(g.sub(logits, max), inverseTemperature)
  const exp = g.op('Exp', [z])
  const sum = sumOverVocabulary(g, exp)
  const logSum = g.op('Log', [sum])
  const entropy = g.sub(logSum, g.div(sumOverVocabulary(g, g.mul(exp, z)), sum))
  const scores = g.concat(1, logSum, entropy, targetLogit, targetRank, top.ids, top.logits)
  return { logits, logSumExp: g.add(logSum, max), scores }
}

/**
 * The K largest of [R, V] and their ids; of equal logits the lower id first. In two stages, because TopK on WebGPU
 * sorts its whole input: V = BLOCKS · BLOCK, and each of the K largest is in one of the K blocks with the largest
 * maxima. These blocks are sorted by number, so that equal logits stay in the order of their ids. Ids are float32, which
 * represents them exactly, because few operators support integers on WebGPU.
 */
function topOfVocabulary(g: GraphBuilder, logits: Value, k: Value): { logits: Value; ids: Value } {
  const maxima = g.op('Squeeze', [g.reduceMax(g.reshape(logits, [-1, BLOCKS, BLOCK])), g.ints([-1])])
  const largest = g.topK(maxima, k).indices
  const numbers = g.op('Gather', [g.floats(range(BLOCKS)), largest])
  const blocks = g.topK(numbers, k, { largest: false }).values
  const firstIds = g.op('Unsqueeze', [g.mul(blocks, g.float(BLOCK)), g.ints([-1])])
  const ids = g.reshape(g.add(firstIds, g.floats(range(BLOCK))), [0, -1]) // [R, K · BLOCK]
  const candidates = g.gatherElements(logits, g.cast(ids, 'int32'))
  const top = g.topK(candidates, k)
  return { logits: top.values, ids: g.gatherElements(ids, top.indices) }
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i)
}

interface AttentionFeeds {
  readonly mask: Value
  readonly padding: Value
  readonly past: PastRows
}

/** One block: x [S, C] → [S, C], and the intermediate rows that must be finite. */
function block(
  g: Gpt2GraphBuilder,
  i: number,
  x: Value,
  feeds: AttentionFeeds,
): { x: Value; checked: Value[] } {
  const qkv = g.linear(`h.${i}.attn.c_attn`, g.layerNorm(`h.${i}.ln_1`, x))
  const afterAttention = g.add(x, attention(g, i, qkv, feeds))
  const hidden = g.linear(`h.${i}.mlp.c_fc`, g.layerNorm(`h.${i}.ln_2`, afterAttention))
  const mlp = g.linear(`h.${i}.mlp.c_proj`, activation(g, hidden))
  return { x: g.add(afterAttention, mlp), checked: [qkv, hidden] }
}

/**
 * Causal self-attention: queries, keys and values [S, 3C] → [S, C]. It uses primitive operators, because only these are
 * computed correctly by every WebGPU adapter.
 */
function attention(
  g: Gpt2GraphBuilder,
  i: number,
  qkv: Value,
  { mask, padding, past }: AttentionFeeds,
): Value {
  const { nEmbd: C, nHead: H } = g.checkpoint.config
  const D = C / H
  const split = { type: 'Split', inputs: [qkv, g.ints([C, C, C])], attributes: { axis: 1 } }
  const { query, key, value } = g.ops(split, 'query', 'key', 'value')
  const keys = g.concat(0, past.key, key, padding)
  const values = g.concat(0, past.value, value, padding)
  g.present(i, 'key', key)
  g.present(i, 'value', value)

  const q = g.transpose(g.reshape(query, [-1, H, D]), [1, 0, 2]) // [H, S, D]
  const k = g.transpose(g.reshape(keys, [-1, H, D]), [1, 2, 0]) // [H, D, T]
  const v = g.transpose(g.reshape(values, [-1, H, D]), [1, 0, 2]) // [H, T, D]
  const scaled = g.mul(q, g.float(attentionScale(g.checkpoint.config, i)))
  const scores = g.add(g.matMul(scaled, k), mask) // [H, S, T]
  const mixed = g.matMul(g.softmax(scores), v) // [H, S, D]
  return g.linear(`h.${i}.attn.c_proj`, g.reshape(g.transpose(mixed, [1, 0, 2]), [-1, C]))
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
