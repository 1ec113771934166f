// "Copy as TransformerLens": Python lines that compute the shown numbers with HookedTransformer. No weights are folded and
// the unembedding is not centred, so the numbers agree; the tokens are given by their ids, so no start token is added.

import { assertNever } from '../../../shared/assertNever'
import type { Contrast } from '../../../shared/contracts/engine/explanation'
import type { ModelInfo } from '../../../shared/contracts/engine/prediction'

/** The quantity that the lines compute. */
export type TransformerLensSubject =
  /** The logit lens of a row: the log-probability of a token, and the most likely tokens. */
  | {
      readonly kind: 'lens'
      readonly inputIds: Int32Array
      readonly tokenId: number | null
      readonly topK: number
    }
  /** Direct logit attribution of a row, down to heads and source tokens. */
  | {
      readonly kind: 'attribution'
      readonly inputIds: Int32Array
      readonly tokenId: number
      readonly contrast: Contrast
    }

/** Python lines for a row of logits; `inputIds` [S] are the window's tokens up to the row, start token included. */
export function transformerLensSnippet(model: ModelInfo, subject: TransformerLensSubject): string {
  return [
    ...headerLines(model),
    '',
    'tokens = torch.tensor([[',
    ...wrapped([...subject.inputIds].join(', '), LINE_WIDTH),
    ']])  # the tokens up to the row, start token included',
    'with torch.no_grad():',
    '    _, cache = model.run_with_cache(tokens, return_type=None)',
    ...subjectLines(subject).map((line) => `    ${line}`),
    '',
  ].join('\n')
}

/** Models that TransformerLens downloads by the same names. */
const KNOWN_TO_TRANSFORMER_LENS: ReadonlySet<string> = new Set([
  'gpt2',
  'distilgpt2',
  'gpt2-medium',
  'gpt2-large',
  'gpt2-xl',
])

function headerLines(model: ModelInfo): string[] {
  return [
    `# The numbers that Logitscope shows for ${model.id}${model.precision === 'int8' ? ', but in fp32 instead of int8' : ''}`,
    ...model.remarks.map(
      (remark) => `# Logitscope read the files with a remark: ${remark.replaceAll(/\s+/g, ' ')}`,
    ),
    ...(KNOWN_TO_TRANSFORMER_LENS.has(model.id) ? knownModelLines(model) : folderLines(model)),
  ]
}

function knownModelLines({ id }: ModelInfo): string[] {
  return [
    'import torch',
    'from transformer_lens import HookedTransformer',
    '',
    `model = HookedTransformer.from_pretrained_no_processing(${JSON.stringify(id)}, dtype=torch.float32, device="cpu")`,
  ]
}

function folderLines(model: ModelInfo): string[] {
  const { id, nLayer, nEmbd, nHead, nPositions, vocabularySize } = model
  return [
    'import torch',
    'from transformer_lens import HookedTransformer, HookedTransformerConfig',
    'from transformer_lens.pretrained.weight_conversions import convert_gpt2_weights',
    'from transformers import GPT2LMHeadModel',
    '',
    `checkpoint = GPT2LMHeadModel.from_pretrained(${JSON.stringify(id)}).float()  # the path of the model's folder`,
    'config = HookedTransformerConfig(',
    `    n_layers=${nLayer}, d_model=${nEmbd}, n_heads=${nHead}, d_head=${nEmbd / nHead}, n_ctx=${nPositions}, d_vocab=${vocabularySize},`,
    `    d_mlp=checkpoint.config.n_inner or ${4 * nEmbd}, device="cpu",`,
    '    act_fn=checkpoint.config.activation_function, eps=checkpoint.config.layer_norm_epsilon, normalization_type="LN",',
    '    scale_attn_by_inverse_layer_idx=checkpoint.config.scale_attn_by_inverse_layer_idx)',
    'model = HookedTransformer(config)',
    'model.load_and_process_state_dict(',
    '    convert_gpt2_weights(checkpoint, config), fold_ln=False, center_writing_weights=False, center_unembed=False,',
    '    fold_value_biases=False)',
  ]
}

function subjectLines(subject: TransformerLensSubject): string[] {
  switch (subject.kind) {
    case 'lens':
      return lensLines(subject)
    case 'attribution':
      return attributionLines(subject)
    default:
      return assertNever(subject)
  }
}

function lensLines({ tokenId, topK }: Extract<TransformerLensSubject, { kind: 'lens' }>): string[] {
  return [
    'layers = [("embeddings", cache["resid_pre", 0])]',
    'layers += [(f"h.{i}", cache["resid_post", i]) for i in range(model.cfg.n_layers)]',
    'for name, residual in layers:',
    '    log_probs = model.unembed(model.ln_final(residual[:, -1:]))[0, 0].log_softmax(-1)',
    `    top = log_probs.topk(${topK})`,
    ...(tokenId === null ? [] : [`    print(name, "log-prob of ${tokenId}:", log_probs[${tokenId}].item())`]),
    '    print(name, list(zip(top.indices.tolist(), top.values.tolist())))',
  ]
}

function attributionLines({
  tokenId,
  contrast,
}: Extract<TransformerLensSubject, { kind: 'attribution' }>): string[] {
  return [
    `direction = model.W_U[:, ${tokenId}]${minusTerm(contrast)}`,
    'scale = cache["ln_final.hook_scale"][0, -1]  # of the final residual, for every component',
    '',
    'def attribute(component):',
    '    return (component - component.mean(-1, keepdim=True)) / scale @ (model.ln_final.w * direction)',
    '',
    'print("wte", attribute(cache["embed"][0, -1]).item())',
    'print("wpe", attribute(cache["pos_embed"][0, -1]).item())',
    'for layer in range(model.cfg.n_layers):',
    '    W_O, b_V = model.W_O[layer], model.b_V[layer]',
    '    print(f"L{layer} attn", attribute(cache["attn_out", layer][0, -1]).item())',
    '    print(f"L{layer} bias", attribute(model.b_O[layer] + torch.einsum("hd,hdc->c", b_V, W_O)).item())',
    '    values = cache["v", layer][0] - b_V  # [position, head, d_head]',
    '    sources = torch.einsum("hj,jhd,hdc->hjc", cache["pattern", layer][0, :, -1], values, W_O)',
    '    for head, shares in enumerate(attribute(sources)):',
    '        print(f"L{layer}H{head}", shares.sum().item(), shares.tolist())',
    '    print(f"L{layer} MLP", attribute(cache["mlp_out", layer][0, -1]).item())',
    'print("ln_f bias", (model.ln_final.b @ direction).item())',
    'final = cache["resid_post", model.cfg.n_layers - 1][:, -1:]',
    'print("sum", (model.ln_final(final)[0, 0] @ direction).item())',
  ]
}

function minusTerm(contrast: Contrast): string {
  switch (contrast.kind) {
    case 'token':
      return ` - model.W_U[:, ${contrast.tokenId}]`
    case 'mean':
      return ' - model.W_U.mean(1)  # as center_unembed'
    case 'nothing':
      return ''
    default:
      return assertNever(contrast)
  }
}

const LINE_WIDTH = 110

/** Lines of at most `width` characters, indented, broken at spaces. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(`    ${line}`)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, `    ${line}`]
}
