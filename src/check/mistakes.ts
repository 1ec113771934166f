// The mistakes that are simulated, in the order in which people make them.

import type { Defect } from '../shared/contracts/check/checkResult'
import type { Gpt2Variant, SimulatedModel } from '../shared/contracts/engine/simulation'

/** One or several mistakes that occur together. */
export interface Mistake {
  readonly defects: readonly Defect[]
  readonly variant: Gpt2Variant
  /**
   * Whether a row depends only on itself and earlier rows. Such a mistake is simulated on the first few rows alone; any
   * other one needs all rows of the input.
   */
  readonly isCausal: boolean
}

/** GPT-2 itself, as an entry among the mistakes. */
export const NO_MISTAKE: Mistake = { defects: [], variant: {}, isCausal: true }

/** Every single mistake that differs from GPT-2 in this model. */
export function singleMistakes(model: SimulatedModel): Mistake[] {
  return [
    ...nonCausal('heads-merged', { heads: 'merged-by-view' }),
    ...nonCausal('heads-merged', { heads: 'split-by-view' }),
    ...nonCausal('heads-merged', { heads: 'split-and-merged-by-view' }),
    ...nonCausal('heads-merged', { heads: 'keys-by-view' }),
    ...causal('heads-merged', { heads: 'interleaved' }),
    ...causal('heads-merged', { heads: 'split-interleaved' }),
    ...scaleMistakes(model),
    ...nonCausal('no-causal-mask', { mask: 'none' }),
    ...nonCausal('no-causal-mask', { mask: 'zero-scores' }),
    ...nonCausal('mask-inverted', { mask: 'inverted' }),
    ...nonCausal('mask-inverted', { mask: 'inverted-strict' }),
    ...nonCausal('mask-off-by-one', { mask: 'sees-next' }),
    ...nonCausal('mask-off-by-one', { mask: 'not-itself' }),
    ...nonCausal('mask-after-softmax', { mask: 'after-softmax' }),
    ...causal('post-ln', { norm: 'post' }),
    ...causal('post-ln', { norm: 'post', finalNorms: 0 }),
    ...causal('post-ln', { norm: 'sub-block-output' }),
    ...causal('residual', { attentionResidual: 'normalized', mlpResidual: 'normalized' }),
    ...causal('residual', { attentionResidual: 'normalized' }),
    ...causal('residual', { mlpResidual: 'normalized' }),
    ...causal('residual', { attentionResidual: 'nothing', mlpResidual: 'nothing' }),
    ...causal('residual', { attentionResidual: 'nothing' }),
    ...causal('residual', { mlpResidual: 'nothing' }),
    ...causal('residual', { mlpResidual: 'block-input' }),
    ...causal('residual', { mlpInput: 'block-input' }),
    ...activationMistakes(model),
    ...causal('position-offset', { positionOffset: 1 }),
    ...causal('position-offset', { positionOffset: 2 }),
    ...causal('position-offset', { positionOffset: -1 }),
    ...causal('position-offset', { positions: 'first' }),
    ...causal('position-offset', { positions: 'none' }),
    ...nonCausal('softmax-axis', { softmaxOver: 'queries' }),
    ...nonCausal('softmax-axis', { softmaxOver: 'heads' }),
    ...qkvMistakes(),
    ...causal('layer-norm-unbiased', { variance: 'unbiased' }),
    ...epsilonMistakes(model),
    ...causal('conv1d-transposed', { attentionProjection: 'transposed' }),
    ...causal('no-ln-f', { finalNorms: 0 }),
    ...causal('double-ln-f', { finalNorms: 2 }),
    ...causal('head-transposed', { head: 'view' }),
    ...(model.hasBiases ? causal('no-qkv-bias', { qkvBias: 'none' }) : []),
  ]
}

/** Both mistakes at once; undefined if they change the same thing. */
export function combined(a: Mistake, b: Mistake): Mistake | undefined {
  if (Object.keys(a.variant).some((key) => key in b.variant)) return undefined
  if (a.defects.some((defect) => b.defects.includes(defect))) return undefined
  return {
    defects: [...a.defects, ...b.defects],
    variant: { ...a.variant, ...b.variant },
    isCausal: a.isCausal && b.isCausal,
  }
}

function causal(defect: Defect, variant: Gpt2Variant): Mistake[] {
  return [{ defects: [defect], variant, isCausal: true }]
}

function nonCausal(defect: Defect, variant: Gpt2Variant): Mistake[] {
  return [{ defects: [defect], variant, isCausal: false }]
}

function scaleMistakes({ nEmbd, nHead, scalesByLayer }: SimulatedModel): Mistake[] {
  const D = nEmbd / nHead
  return [
    ...causal('no-attention-scale', { attentionScale: 1 }),
    ...causal('wrong-attention-scale', { attentionScale: 1 / Math.sqrt(nEmbd) }),
    ...causal('wrong-attention-scale', { attentionScale: 1 / D }),
    ...causal('wrong-attention-scale', { attentionScale: 1 / Math.sqrt(nHead) }),
    ...(scalesByLayer ? causal('wrong-attention-scale', { layerScale: 'none' }) : []),
  ]
}

function activationMistakes({ activation }: SimulatedModel): Mistake[] {
  return (['gelu', 'gelu_new', 'relu', 'quick_gelu', 'identity'] as const)
    .filter((other) => other !== activation)
    .flatMap((other) => causal('activation', { activation: other }))
}

function qkvMistakes(): Mistake[] {
  return (['kqv', 'qvk', 'vqk', 'vkq', 'kvq', 'per-head', 'per-head-dimension'] as const).flatMap((qkv) =>
    causal('qkv-order', { qkv }),
  )
}

/** Defaults of other libraries and models, and the sum of epsilon and the standard deviation. */
function epsilonMistakes({ layerNormEpsilon }: SimulatedModel): Mistake[] {
  return [
    ...[1e-6, 1e-8, 1e-12, 1e-3, 1e-5]
      .filter((epsilon) => epsilon !== layerNormEpsilon)
      .flatMap((epsilon) => causal('layer-norm-epsilon', { epsilon })),
    ...causal('layer-norm-epsilon', { epsilonAddedTo: 'deviation' }),
    ...causal('layer-norm-epsilon', { epsilonAddedTo: 'deviation', epsilon: 1e-6 }),
  ]
}
