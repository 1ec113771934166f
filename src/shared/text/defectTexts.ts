// The texts of the mistakes that a check names. n = positions, C = n_embd, H = n_head, d = C / H, V = 50257

import type { Defect } from '../contracts/check/checkResult'

export interface DefectText {
  /** A short name, as the end of “The mistake: …”. */
  readonly name: string
  /** The wrong computation of the implementation. */
  readonly what: string
  /** How people come to make it, and why nothing else shows it. */
  readonly why: string
  /** GPT-2's computation at this place, as plain text; one equation on each line. */
  readonly formula: string
  /** How to fix it. Code in backquotes. */
  readonly fix: string
}

/** Every mistake has its text. */
export const DEFECT_TEXTS: Readonly<Record<Defect, DefectText>> = {
  'heads-merged': {
    name: 'heads split or merged without a transpose',
    what: 'The heads are split or merged by a reshape alone, so each head mixes numbers of different positions.',
    why: 'A reshape from [n, C] to [H, n, d] has the right shape but the wrong order. Tests of shapes pass, and so does training.',
    formula:
      'q: [n, C] → reshape [n, H, d] → transpose [H, n, d]\nout: [H, n, d] → transpose [n, H, d] → reshape [n, C]',
    fix: 'Split with `x.view(n, H, d).transpose(0, 1)` and merge with `y.transpose(0, 1).reshape(n, C)`.',
  },
  'no-attention-scale': {
    name: 'attention scores without the scale',
    what: 'The products of queries and keys are not divided before the softmax.',
    why: 'The shapes do not change without it. Row 0 attends only to itself, so its logits are right; later rows attend too sharply.',
    formula: 'scores = q · kᵀ / √d        d = C / H',
    fix: 'Divide the scores by `math.sqrt(C // H)` before the mask and the softmax.',
  },
  'wrong-attention-scale': {
    name: 'attention scores with a wrong scale',
    what: 'The scores are divided by the square root of another number than the head size, such as n_embd.',
    why: 'The paper writes √d_k, and d_k is the size of one head: C / H, not C.',
    formula: 'scores = q · kᵀ / √d        d = C / H = 64 in all sizes of GPT-2',
    fix: 'Use the last dimension of the split queries: `scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))`.',
  },
  'no-causal-mask': {
    name: 'no causal mask',
    what: 'Each position attends to the positions after it.',
    why: 'Training without the mask even lowers the loss, because the model sees the token that it has to predict.',
    formula: 'scores[i, j] = −∞ for j > i',
    fix: 'Before the softmax: `scores = scores.masked_fill(torch.triu(torch.ones(n, n, dtype=torch.bool), 1), float("-inf"))`.',
  },
  'mask-inverted': {
    name: 'causal mask inverted',
    what: 'The mask hides the earlier positions and shows the later ones.',
    why: 'Libraries disagree: in some masks true means “attend”, in others it means “hide”.',
    formula: 'scores[i, j] = −∞ for j > i; unchanged for j ≤ i',
    fix: 'Hide the part above the diagonal. With a lower triangle: `scores.masked_fill(tril == 0, float("-inf"))`.',
  },
  'mask-off-by-one': {
    name: 'causal mask off by one',
    what: 'The mask begins one position too early or too late: a position cannot attend to itself, or can attend to the next one.',
    why: 'The second argument of `triu` and `tril` is easy to get wrong: the diagonal itself must stay visible.',
    formula: 'position i attends to j = 0 … i, itself included',
    fix: 'Use `torch.tril(torch.ones(n, n))`, or hide `torch.triu(torch.ones(n, n), diagonal=1)`.',
  },
  'mask-after-softmax': {
    name: 'mask applied after the softmax',
    what: 'The hidden weights are set to 0 after the softmax, so the weights of a row no longer add up to 1.',
    why: 'Multiplying by the mask looks the same, but the softmax has already given a part of the weight to later positions.',
    formula: 'weights = softmax(scores + mask)        mask = −∞ above the diagonal, else 0',
    fix: 'Add −∞ to the hidden scores first, then take the softmax.',
  },
  'post-ln': {
    name: 'LayerNorm after the residual addition (post-LN)',
    what: 'LayerNorm follows the addition, as in the original Transformer and GPT-1.',
    why: 'The figure of “Attention Is All You Need” has it this way. GPT-2 moved LayerNorm in front of each sub-block.',
    formula: 'x = x + attn(ln_1(x))\nx = x + mlp(ln_2(x))',
    fix: 'Normalize the input of each sub-block, and add the result to the stream that is not normalized.',
  },
  residual: {
    name: 'wrong residual connection',
    what: 'A sub-block’s output is added to the normalized input, or is not added to its input at all.',
    why: 'With `x = ln(x)` on a line of its own, the stream itself is overwritten by its normalized form.',
    formula: 'x = x + attn(ln_1(x))        x is the stream, not ln_1(x)',
    fix: 'Keep the normalized input in a variable of its own: `x = x + attn(ln_1(x))`.',
  },
  activation: {
    name: 'another activation than GELU’s tanh form',
    what: 'The MLP uses the exact GELU or ReLU.',
    why: '`nn.GELU()` is the exact form by default. The two forms of GELU differ by about a hundredth of a nat only.',
    formula: 'gelu(x) = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))',
    fix: 'Use `nn.GELU(approximate="tanh")`; in JAX `jax.nn.gelu(x, approximate=True)`.',
  },
  'position-offset': {
    name: 'positions shifted',
    what: 'The position embeddings begin at another row than 0.',
    why: 'Counting from 1, or counting padding or a start token that is not in the input, shifts all rows of wpe.',
    formula: 'x[i] = wte[token_i] + wpe[i]        i = 0, 1, 2, …',
    fix: 'Use `torch.arange(n)` as the positions.',
  },
  'softmax-axis': {
    name: 'softmax over the wrong axis',
    what: 'The softmax is taken over the queries, the heads or the batch instead of the keys.',
    why: 'Any axis gives weights between 0 and 1 and the right shape.',
    formula: 'Σ_j weights[h, i, j] = 1 for every head h and query i',
    fix: 'Take it over the last axis: `scores.softmax(dim=-1)`.',
  },
  'qkv-order': {
    name: 'queries, keys and values in another order or layout',
    what: 'The output of c_attn is split in another order than q, k, v, or head by head.',
    why: 'c_attn has all queries first, then all keys, then all values. Other models interleave them for each head.',
    formula: 'q, k, v = split(x · W_attn + b_attn, C)        [n, 3C] → three times [n, C]',
    fix: 'Split first, then divide into heads: `q, k, v = qkv.split(C, dim=-1)`.',
  },
  dropout: {
    name: 'dropout left on',
    what: 'Some activations are set to 0 at random, and two runs on the same text differ.',
    why: 'A PyTorch module is in training mode until `eval()` is called.',
    formula: 'dropout(x) = x        during inference',
    fix: 'Call `model.eval()` before the forward pass.',
  },
  'layer-norm-unbiased': {
    name: 'LayerNorm with the unbiased variance',
    what: 'The variance is divided by C − 1 instead of C.',
    why: '`torch.var` and `torch.std` divide by C − 1 by default, `numpy.var` by C.',
    formula: 'var(x) = Σ (x − mean(x))² / C',
    fix: 'Use `x.var(-1, keepdim=True, unbiased=False)`.',
  },
  'layer-norm-epsilon': {
    name: 'another epsilon in LayerNorm',
    what: 'The small number under the root is not 1e-5, or is added outside of it.',
    why: 'Libraries have different defaults: PyTorch 1e-5, TensorFlow 1e-3, Flax 1e-6, BERT 1e-12.',
    formula: 'ln(x) = (x − mean(x)) / √(var(x) + 1e-5) · γ + β',
    fix: 'Set epsilon to 1e-5 and add it to the variance, under the root.',
  },
  'conv1d-transposed': {
    name: 'weights of c_proj not transposed',
    what: 'The attention’s output projection multiplies by its matrix the wrong way round.',
    why: 'OpenAI’s checkpoint stores [in, out] (Conv1D), nn.Linear expects [out, in]. c_proj of the attention is square, so no shape shows the difference.',
    formula: 'y = x · W + b        W: [in, out], as stored',
    fix: 'Transpose all four matrices of a block when they are copied into nn.Linear: c_attn, c_proj, mlp.c_fc and mlp.c_proj.',
  },
  'no-ln-f': {
    name: 'final LayerNorm missing',
    what: 'The LM head reads the residual stream without ln_f.',
    why: 'ln_f is outside of the blocks and easy to leave out. The shapes are the same without it.',
    formula: 'logits = ln_f(x) · wteᵀ',
    fix: 'Apply ln_f once, after the last block.',
  },
  'double-ln-f': {
    name: 'final LayerNorm applied twice',
    what: 'ln_f is applied in the model and again in front of the LM head.',
    why: 'Libraries return hidden states with ln_f already applied; the last of `hidden_states` in Transformers is one.',
    formula: 'logits = ln_f(x) · wteᵀ',
    fix: 'Apply ln_f only once.',
  },
  'head-untied': {
    name: 'LM head with weights of its own',
    what: 'The LM head is not the token embedding matrix.',
    why: 'GPT-2’s checkpoint has no lm_head: a separate nn.Linear keeps its random weights unless it is tied to wte.',
    formula: 'logits = ln_f(x) · wteᵀ        [n, C] · [C, V]',
    fix: 'Tie the weights: `lm_head.weight = wte.weight`.',
  },
  'head-transposed': {
    name: 'LM head reshaped instead of transposed',
    what: 'The embedding matrix is brought to [C, V] by a reshape, so its numbers belong to other tokens.',
    why: 'A reshape of [V, C] to [C, V] has the right shape but does not transpose.',
    formula: 'logits[i, v] = Σ_c ln_f(x)[i, c] · wte[v, c]',
    fix: 'Transpose it: `x @ wte.T`.',
  },
  'head-bias': {
    name: 'LM head with a bias',
    what: 'The same vector is added to the logits of every row.',
    why: '`nn.Linear` has a bias by default, with random values.',
    formula: 'logits = ln_f(x) · wteᵀ        no bias',
    fix: 'Use `nn.Linear(C, V, bias=False)`.',
  },
  'no-qkv-bias': {
    name: 'biases of queries, keys and values missing',
    what: 'The bias of c_attn is not added.',
    why: 'Many later models have no biases here, and a layer that is made with `bias=False` skips them when weights are copied without a strict check.',
    formula: 'q, k, v = split(x · W_attn + b_attn, C)',
    fix: 'Create the layer with a bias and copy `c_attn.bias` too.',
  },
}
