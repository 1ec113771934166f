// GPT-2 with the mistakes that people make when they write it. Feeds decide which ones, so that two sessions serve all
// of them. With the feeds of GPT-2 itself both graphs compute what gpt2Graphs.ts does; a test checks that.
//
// S tokens, C = nEmbd, H = nHead, D = C / H, L = nLayer, V = 50257, R rows of the residual stream
// A feed of shape [1] is a number or a truth value; it is no scalar, so that every operator broadcasts it.

import type { Value } from '../../onnx/graphBuilder'
import { type SimulatedActivation, SIMULATED_ACTIVATIONS } from '../../shared/contracts/engine/simulation'
import { assertNever } from '../../shared/assertNever'
import { VOCABULARY_SIZE } from '../gpt2/config'
import type { Checkpoint } from '../gpt2/checkpoint'
import { Gpt2GraphBuilder, type ModelGraph } from './gpt2GraphBuilder'

/**
 * The blocks, on a whole sequence without a cache.
 *
 * `x` [S, C] is the input of the sub-block number `start` [1] int32: 2i is the attention of block i, 2i + 1 its MLP.
 * Attention: `query`, `value` [H, S, D] and `key` [H, D, S] are places in the flat [S · 3C] output of `c_attn`, `merged`
 * [S, C] places in the flat [H · S · D] output of the heads, all int32; `scales` [L]; the scores are multiplied by
 * `scoreFactor` [S, S] before `mask` [S, S] is added, the weights by `weightFactor` [S, S]; `softmaxAxis` [1] int32 is 2 for
 * the keys, 1 for the queries, 0 for the heads; `qkvBias` [1] multiplies the biases; `isProjectionTransposed` [1] bool.
 * Norms and residuals: `preNorm`, `outputNorm`, `postNorm`, `mlpReadsInput` [1] bool; y = `attentionResidual` [2] · (x, LN(x)) +
 * attention, and `mlpResidual` [3] · (y, LN(y), x) + MLP. `activation` [1] int32 is a place in SIMULATED_ACTIVATIONS.
 * Outputs [S, C]: `residual`, and `h.{i}.attn`, `h.{i}.mlp`, `h.{i}` of every block.
 */
export function simulatedBlocksGraph(checkpoint: Checkpoint): ModelGraph {
  const g = new Gpt2GraphBuilder(checkpoint)
  const { nLayer, nEmbd } = checkpoint.config
  const input = g.input('x', 'float32', ['S', nEmbd])
  const feeds = { ...attentionFeeds(g), ...structureFeeds(g), norm: normalization(g) }
  const start = g.input('start', 'int32', [1])
  const startAt = (subBlock: number, x: Value) =>
    g.op('Where', [g.op('Equal', [start, g.int32s([subBlock])]), input, x])
  const output = (name: string, rows: Value) => {
    g.output(name, rows, 'float32', ['S', nEmbd])
  }
  let x = input
  for (let i = 0; i < nLayer; i++) {
    x = i === 0 ? x : startAt(2 * i, x)
    const attended = attentionBlock(g, i, x, feeds)
    output(`h.${i}.attn`, attended.output)
    const y = startAt(2 * i + 1, attended.y)
    const computed = mlpBlock(g, i, { x, y }, feeds)
    output(`h.${i}.mlp`, computed.output)
    x = computed.z
    output(`h.${i}`, x)
  }
  output('residual', x)
  return g.finish('simulatedBlocks')
}

/**
 * Embeddings and head, in one graph because they share `wte`. Each run feeds rows to one of the two.
 * Embeddings: `tokenIds`, `positions` [S] int32, `positionFactor` [1] → `x` [S, C].
 * Head, if `hasRows` [1] bool is true: `residual` [R, C], `finalNorms` [1] int32, `isHeadView` [1] bool, `viewShape` [2] int32
 * (C, V; fed, because ONNX Runtime would fold a constant one into a second copy of the matrix) → `normalized` [R, C] and
 * `logits` [R, V].
 */
export function simulatedEndsGraph(checkpoint: Checkpoint): ModelGraph {
  const g = new Gpt2GraphBuilder(checkpoint)
  const { nEmbd, tied } = checkpoint.config
  const tokenIds = g.input('tokenIds', 'int32', ['S'])
  const positions = g.input('positions', 'int32', ['S'])
  const positionFactor = g.input('positionFactor', 'float32', [1])
  const places = g.mul(g.rows('wpe.weight', positions), positionFactor)
  g.output('x', g.add(g.rows('wte.weight', tokenIds), places), 'float32', ['S', nEmbd])

  const hasRows = g.input('hasRows', 'bool', [1])
  const residual = g.input('residual', 'float32', ['R', nEmbd])
  const finalNorms = g.input('finalNorms', 'int32', [1])
  const isHeadView = g.input('isHeadView', 'bool', [1])
  const viewShape = g.input('viewShape', 'int32', [2])
  const norm = normalization(g)
  // Outside of the branches, so that ONNX Runtime folds the cast of the weights once.
  const project = g.projection()
  const matrix = g.weight(tied ? 'wte.weight' : 'lm_head.weight')
  const { gain, bias } = gainAndBias(g, 'ln_f')
  const { logits, normalized } = g.either(
    hasRows,
    () => {
      const once = norm(residual, gain, bias)
      const several = g.op('Where', [isNumber(g, finalNorms, 2), norm(once, gain, bias), once])
      const rows = g.op('Where', [isNumber(g, finalNorms, 0), residual, several])
      const { product } = g.either(
        isHeadView,
        () => ({ product: g.matMul(rows, g.op('Reshape', [matrix, g.cast(viewShape, 'int64')])) }),
        () => ({ product: project(rows) }),
      )
      return { logits: product, normalized: rows }
    },
    // Empty outputs of the right type.
    () => ({ logits: residual, normalized: residual }),
  )
  g.output('logits', logits, 'float32', ['R', VOCABULARY_SIZE])
  g.output('normalized', normalized, 'float32', ['R', nEmbd])
  return g.finish('simulatedEnds')
}

/** (x [S, C], gain [C], bias [C]) → [S, C] */
type Normalization = (x: Value, gain: Value, bias: Value | undefined) => Value

/**
 * Layer norm from primitive operators. Feeds [1]: `varianceFactor` multiplies the variance with the divisor C, `epsilon` is
 * added to it, `deviationEpsilon` to its root.
 */
function normalization(g: Gpt2GraphBuilder): Normalization {
  const varianceFactor = g.input('varianceFactor', 'float32', [1])
  const epsilon = g.input('epsilon', 'float32', [1])
  const deviationEpsilon = g.input('deviationEpsilon', 'float32', [1])
  const mean = (x: Value) => g.op('ReduceMean', [x, g.ints([-1])], { keepdims: 1 })
  return (x, gain, bias) => {
    const centred = g.sub(x, mean(x))
    const variance = g.mul(mean(g.mul(centred, centred)), varianceFactor)
    const deviation = g.add(g.op('Sqrt', [g.add(variance, epsilon)]), deviationEpsilon)
    const scaled = g.mul(g.div(centred, deviation), gain)
    return bias === undefined ? scaled : g.add(scaled, bias)
  }
}

function attentionFeeds(g: Gpt2GraphBuilder) {
  const { nHead: H, nEmbd: C, nLayer: L } = g.checkpoint.config
  const D = C / H
  return {
    query: g.input('query', 'int32', [H, 'S', D]),
    key: g.input('key', 'int32', [H, D, 'S']),
    value: g.input('value', 'int32', [H, 'S', D]),
    merged: g.input('merged', 'int32', ['S', C]),
    scales: g.input('scales', 'float32', [L]),
    scoreFactor: g.input('scoreFactor', 'float32', ['S', 'S']),
    mask: g.input('mask', 'float32', ['S', 'S']),
    weightFactor: g.input('weightFactor', 'float32', ['S', 'S']),
    softmaxAxis: g.input('softmaxAxis', 'int32', [1]),
    qkvBias: g.input('qkvBias', 'float32', [1]),
    isProjectionTransposed: g.input('isProjectionTransposed', 'bool', [1]),
  }
}

function structureFeeds(g: Gpt2GraphBuilder) {
  return {
    preNorm: g.input('preNorm', 'bool', [1]),
    outputNorm: g.input('outputNorm', 'bool', [1]),
    postNorm: g.input('postNorm', 'bool', [1]),
    mlpReadsInput: g.input('mlpReadsInput', 'bool', [1]),
    attentionResidual: g.input('attentionResidual', 'float32', [2]),
    mlpResidual: g.input('mlpResidual', 'float32', [3]),
    activation: g.input('activation', 'int32', [1]),
  }
}

type BlockFeeds = ReturnType<typeof attentionFeeds> &
  ReturnType<typeof structureFeeds> & { readonly norm: Normalization }

/** The attention of block i and its residual connection: x [S, C] → y [S, C] */
function attentionBlock(g: Gpt2GraphBuilder, i: number, x: Value, feeds: BlockFeeds) {
  const norm = normOf(g, `h.${i}.ln_1`, feeds)
  const normalized = norm(x)
  const raw = attention(g, i, g.op('Where', [feeds.preNorm, normalized, x]), feeds)
  const output = g.op('Where', [feeds.outputNorm, norm(raw), raw])
  const y = g.add(weightedSum(g, feeds.attentionResidual, [x, normalized]), output)
  return { output, y: g.op('Where', [feeds.postNorm, norm(y), y]) }
}

/** The MLP of block i and its residual connection. */
function mlpBlock(
  g: Gpt2GraphBuilder,
  i: number,
  { x, y }: { readonly x: Value; readonly y: Value },
  feeds: BlockFeeds,
) {
  const norm = normOf(g, `h.${i}.ln_2`, feeds)
  const source = g.op('Where', [feeds.mlpReadsInput, x, y])
  const normalized = norm(source)
  const hidden = linear(g, `h.${i}.mlp.c_fc`, g.op('Where', [feeds.preNorm, normalized, source]))
  const raw = linear(g, `h.${i}.mlp.c_proj`, activation(g, hidden, feeds.activation))
  const output = g.op('Where', [feeds.outputNorm, norm(raw), raw])
  const z = g.add(weightedSum(g, feeds.mlpResidual, [y, normalized, x]), output)
  return { output, z: g.op('Where', [feeds.postNorm, norm(z), z]) }
}

/** Self-attention: x [S, C] → [S, C] */
function attention(g: Gpt2GraphBuilder, i: number, x: Value, feeds: BlockFeeds): Value {
  const { nEmbd: C } = g.checkpoint.config
  const qkv = linear(g, `h.${i}.attn.c_attn`, x, (bias) => g.mul(bias, feeds.qkvBias))
  const flat = g.reshape(qkv, [-1])
  const at = (places: Value) => g.op('Gather', [flat, places])
  const scale = g.op('Gather', [feeds.scales, g.ints([i])])
  const products = g.matMul(g.mul(at(feeds.query), scale), at(feeds.key)) // [H, S, S]
  const scores = g.add(g.mul(products, feeds.scoreFactor), feeds.mask)
  const weights = g.mul(softmax(g, scores, feeds.softmaxAxis), feeds.weightFactor)
  const mixed = g.matMul(weights, at(feeds.value)) // [H, S, D]
  const merged = g.reshape(g.op('Gather', [g.reshape(mixed, [-1]), feeds.merged]), [-1, C])
  return projected(g, `h.${i}.attn.c_proj`, merged, feeds.isProjectionTransposed)
}

/** Softmax of the scores [H, S, S] over the axis [1]. */
function softmax(g: Gpt2GraphBuilder, scores: Value, axis: Value): Value {
  const over = (number: number) => () => ({ weights: g.op('Softmax', [scores], { axis: number }) })
  return g.either(isNumber(g, axis, 2), over(2), () => g.either(isNumber(g, axis, 1), over(1), over(0)))
    .weights
}

/** The place of the activation in SIMULATED_ACTIVATIONS decides. */
function activation(g: Gpt2GraphBuilder, x: Value, place: Value): Value {
  const from = (first: number): Value => {
    const name = SIMULATED_ACTIVATIONS[first]
    if (name === undefined) return x
    return g.either(
      isNumber(g, place, first),
      () => ({ y: activated(g, x, name) }),
      () => ({ y: from(first + 1) }),
    ).y
  }
  return from(0)
}

function activated(g: Gpt2GraphBuilder, x: Value, name: SimulatedActivation): Value {
  switch (name) {
    case 'gelu_new':
      return g.op('Gelu', [x], { approximate: 'tanh' })
    case 'gelu':
      return g.op('Gelu', [x], { approximate: 'none' })
    case 'relu':
      return g.op('Relu', [x])
    case 'quick_gelu':
      return g.mul(x, g.op('Sigmoid', [g.mul(x, g.float(1.702))]))
    case 'identity':
      return x
    default:
      return assertNever(name)
  }
}

/** x [S, in] · weight + bias */
function linear(
  g: Gpt2GraphBuilder,
  name: string,
  x: Value,
  changed: (bias: Value) => Value = (bias) => bias,
): Value {
  const bias = g.checkpoint.hasBiases ? [changed(g.weight(`${name}.bias`))] : []
  return g.op('Gemm', [x, g.weight(`${name}.weight`), ...bias], { transB: isLinearLayout(g) ? 1 : 0 })
}

/** A layer whose weight is square, with the weight as it is or transposed. */
function projected(g: Gpt2GraphBuilder, name: string, x: Value, isTransposed: Value): Value {
  const bias = g.checkpoint.hasBiases ? [g.weight(`${name}.bias`)] : []
  const weight = g.weight(`${name}.weight`)
  const product = (transB: 0 | 1) => () => ({ y: g.op('Gemm', [x, weight, ...bias], { transB }) })
  return isLinearLayout(g)
    ? g.either(isTransposed, product(0), product(1)).y
    : g.either(isTransposed, product(1), product(0)).y
}

function isLinearLayout(g: Gpt2GraphBuilder): boolean {
  return g.checkpoint.layout === 'Linear'
}

function normOf(g: Gpt2GraphBuilder, name: string, { norm }: BlockFeeds): (x: Value) => Value {
  const { gain, bias } = gainAndBias(g, name)
  return (x) => norm(x, gain, bias)
}

function gainAndBias(g: Gpt2GraphBuilder, name: string) {
  return {
    gain: g.weight(`${name}.weight`),
    bias: g.checkpoint.hasBiases ? g.weight(`${name}.bias`) : undefined,
  }
}

/** Σ factors[k] · values[k] */
function weightedSum(g: Gpt2GraphBuilder, factors: Value, values: readonly Value[]): Value {
  return values
    .map((value, k) => g.mul(value, g.op('Gather', [factors, g.ints([k])])))
    .reduce((sum, value) => g.add(sum, value))
}

/** Whether a feed [1] int32 is this number. */
function isNumber(g: Gpt2GraphBuilder, value: Value, number: number): Value {
  return g.op('Equal', [value, g.int32s([number])])
}
