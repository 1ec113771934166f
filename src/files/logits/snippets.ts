// Python that saves the logits of a user's own GPT-2 for a check, under the names that the readers expect.

import { assertNever } from '../../shared/assertNever'
import { hiddenStateName, IDS_ARRAY, LOGITS_ARRAY, type SubBlock } from './logitsFile'

/** The frameworks in which an implementation can be written. */
export const FRAMEWORKS = [
  { id: 'pytorch', label: 'PyTorch' },
  { id: 'numpy', label: 'NumPy' },
  { id: 'jax', label: 'JAX' },
] as const
export type Framework = (typeof FRAMEWORKS)[number]['id']

/** The file that a snippet writes, if the user chooses no other one. */
export const SNIPPET_FILE = 'logits.npz'

export interface SnippetOptions {
  readonly framework: Framework
  readonly text: string
  /** The tokens of the text, without start token. */
  readonly tokenIds: readonly number[]
  /** Path of the `.npz` file, as Python opens it. */
  readonly file: string
}

/** A snippet that is pasted after the code that makes `model`. The part for hidden states is in comments. */
export function snippetOf({ framework, text, tokenIds, file }: SnippetOptions): string {
  return [
    `# Saves the logits of your GPT-2 for a text. Logitscope checks the file after every write.`,
    ...imports(framework),
    '',
    `text = ${pythonString(text)}`,
    ...idsList(tokenIds),
    `states = {}`,
    '',
    ...hiddenStates(framework),
    '',
    ...forwardPass(framework),
    `np.savez(${pythonString(file)}, ${IDS_ARRAY}=np.array(ids), ${LOGITS_ARRAY}=logits, **states)`,
    '',
  ].join('\n')
}

function imports(framework: Framework): string[] {
  switch (framework) {
    case 'pytorch':
      return ['import numpy as np', 'import torch']
    case 'numpy':
      return ['import numpy as np']
    case 'jax':
      return ['import jax.numpy as jnp', 'import numpy as np']
    default:
      return assertNever(framework)
  }
}

function forwardPass(framework: Framework): string[] {
  switch (framework) {
    case 'pytorch':
      return [
        'model.eval()  # dropout off',
        'with torch.no_grad():',
        '    # Your model: token ids [1, n] → logits [1, n, 50257]',
        '    output = model(torch.tensor([ids], device=next(model.parameters()).device))',
        'output = output[0] if isinstance(output, tuple) else getattr(output, "logits", output)',
        'logits = output.float().cpu().numpy()',
      ]
    case 'numpy':
      return [
        '# Your model: token ids [n] → logits [n, 50257]',
        'logits = np.asarray(model(np.array(ids)), dtype=np.float32)',
      ]
    case 'jax':
      return [
        '# Your model, without dropout: token ids [1, n] → logits [1, n, 50257]',
        'logits = np.asarray(model(jnp.array([ids])), dtype=np.float32)',
      ]
    default:
      return assertNever(framework)
  }
}

function hiddenStates(framework: Framework): string[] {
  const introduction = [
    '# With what every block computes, the check finds the first part that is wrong. Change the names on the',
    `# ${framework === 'pytorch' ? 'left' : 'right'} to those of your model, and remove the # signs.`,
  ]
  switch (framework) {
    case 'pytorch':
      return [
        ...introduction,
        '# def save_output(name):',
        '#     def save(module, inputs, output):',
        '#         output = output[0] if isinstance(output, tuple) else output',
        '#         states[name] = output.detach().float().cpu().numpy()',
        '#     return save',
        '# for i, block in enumerate(model.transformer.h):',
        `#     block.attn.register_forward_hook(save_output(${nameInLoop('attn')}))`,
        `#     block.mlp.register_forward_hook(save_output(${nameInLoop('mlp')}))`,
        `#     block.register_forward_hook(save_output(${nameInLoop('residual')}))`,
      ]
    case 'numpy':
    case 'jax':
      return [
        ...introduction,
        '# In block i, where attention and MLP have not been added to x yet:',
        `#     states[${nameInLoop('attn')}] = np.asarray(attention_output)`,
        `#     states[${nameInLoop('mlp')}] = np.asarray(mlp_output)`,
        '# After block i:',
        `#     states[${nameInLoop('residual')}] = np.asarray(x)`,
      ]
    default:
      return assertNever(framework)
  }
}

/** `f"h.{i}.attn"` */
function nameInLoop(subBlock: SubBlock): string {
  return `f"${hiddenStateName('{i}', subBlock)}"`
}

const MAX_LINE = 100

/** `ids = [464, 2068]`, on several lines if there are many. */
function idsList(tokenIds: readonly number[]): string[] {
  const lines: string[] = ['']
  for (const id of tokenIds) {
    const last = lines.at(-1) ?? ''
    const extended = last === '' ? `${id},` : `${last} ${id},`
    if (extended.length <= MAX_LINE) lines[lines.length - 1] = extended
    else lines.push(`${id},`)
  }
  return ['ids = [', ...lines.map((line) => `    ${line}`), ']']
}

/** JSON's strings are literals of Python too. */
function pythonString(text: string): string {
  return JSON.stringify(text)
}
