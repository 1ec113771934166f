import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { conversionCommand } from '../../../../src/model/formats/conversionCommand'
import { withModelFolder } from '../../../../src/model/folder/modelFolder'
import { pickledWeights } from '../../../../src/model/formats/pickleFiles'
import { temporaryFolder, TINY_CONFIG } from '../../../support/checkpoints/checkpointTiny'

/** Debian's, whose python3-torch is installed with it or not. */
const PYTHON = '/usr/bin/python3'
const hasTorch = canRun(['-c', 'import torch, numpy'])
if (!hasTorch) console.warn(`${PYTHON} has no PyTorch: the conversion of pickle files is not tested.`)

describe('pickledWeights', () => {
  it.each<[string, string[], string[]]>([
    ['nothing in an empty folder', [], []],
    ['nothing beside text', ['README.md', 'vocab.json', 'model.safetensors'], []],
    ['a single file', ['ckpt.pt'], ['ckpt.pt']],
    ['Hugging Face’s among others', ['a.pt', 'pytorch_model.bin'], ['pytorch_model.bin']],
    [
      'all shards in order',
      ['pytorch_model-00002-of-00002.bin', 'pytorch_model-00001-of-00002.bin', 'training_args.bin'],
      ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'],
    ],
    ['not what trainers write beside', ['optimizer.pt', 'rng_state.pth', 'scheduler.pt', 'x.pt'], ['x.pt']],
  ])('finds %s', (_, files, found) => {
    expect(pickledWeights(files)).toEqual(found)
  })
})

describe('The conversion command', () => {
  it('gives no shell anything of a path to read', () => {
    const command = conversionCommand("/it's & $HOME", ['ckpt.pt'], 'python')
    expect(command).toMatch(/^python -c "[^"]*"( [0-9a-f]+){2}$/)
  })

  it('is one line that no shell reads anything into', () => {
    const program = /"(.*)"/.exec(conversionCommand('/m', ['ckpt.pt'], 'python3'))?.[1]
    expect(program).not.toMatch(/["$\\`!\n]/)
    expect(program).toContain('weights_only=True')
  })

  it.skipIf(!hasTorch)(
    'makes a checkpoint of what a trainer saved, tied head and mask buffers included',
    async () => {
      const folder = await awkwardFolder()
      save(folder, 'ckpt.pt', "{'model': tensors, 'optimizer': {'state': {}}, 'model_args': {'n_layer': 2}}")
      await convert(folder)
      await expectTensors(folder)
    },
  )

  it.skipIf(!hasTorch)('makes one of several files', async () => {
    const folder = await awkwardFolder()
    save(folder, 'pytorch_model-00001-of-00002.bin', "{k: v for k, v in tensors.items() if '.h.' in k}")
    save(folder, 'pytorch_model-00002-of-00002.bin', "{k: v for k, v in tensors.items() if not '.h.' in k}")
    await convert(folder)
    await expectTensors(folder)
  })

  it.skipIf(!hasTorch)('runs no code that is in a pickle', async () => {
    const folder = await awkwardFolder()
    const marker = join(folder, 'it ran')
    save(
      folder,
      'ckpt.pt',
      'Attack()',
      `
class Attack:
  def __reduce__(self):
    return (open, (${JSON.stringify(marker)}, 'w'))
`,
    )
    await expect(convert(folder)).rejects.toThrow('Weights only load failed')
    expect(await readdir(folder)).toEqual(['ckpt.pt', 'config.json'])
  })

  it.skipIf(!hasTorch)('leaves a model.safetensors that is there alone', async () => {
    const folder = await awkwardFolder()
    save(folder, 'ckpt.pt', 'tensors')
    await writeFile(join(folder, 'model.safetensors'), 'mine')
    await expect(convert(folder)).rejects.toThrow('FileExistsError')
    expect(await readFile(join(folder, 'model.safetensors'), 'utf8')).toBe('mine')
  })
})

/** A folder whose name a shell would read things into. */
async function awkwardFolder(): Promise<string> {
  const folder = join(await temporaryFolder({}), 'it\'s "my" $HOME `model` \\ !1')
  await mkdir(folder)
  await writeFile(join(folder, 'config.json'), JSON.stringify(TINY_CONFIG))
  return folder
}

/** GPT-2's tensors as PyTorch has them, saved as the Python expression `what` says. */
function save(folder: string, file: string, what: string, more = ''): void {
  const program = `
import sys, torch
C, I, N, V = 8, 32, 16, 50257
tensors = {'transformer.wte.weight': torch.arange(V * C).reshape(V, C).to(torch.float16), 'transformer.wpe.weight': torch.ones(N, C)}
for i in range(2):
  h = f'transformer.h.{i}.'
  tensors[h + 'attn.bias'] = torch.ones(1, 1, N, N, dtype=torch.bool)
  for name, shape in {'ln_1': [C], 'attn.c_attn': [C, 3 * C], 'attn.c_proj': [C, C], 'ln_2': [C], 'mlp.c_fc': [C, I], 'mlp.c_proj': [I, C]}.items():
    tensors[h + name + '.weight'] = torch.ones(shape, dtype=torch.bfloat16)
    tensors[h + name + '.bias'] = torch.zeros(shape[-1], dtype=torch.float64)
tensors['transformer.ln_f.weight'] = torch.arange(2 * C, dtype=torch.float32)[::2]
tensors['transformer.ln_f.bias'] = torch.zeros(C)
tensors['lm_head.weight'] = tensors['transformer.wte.weight']
${more}
torch.save(${what}, sys.argv[1])
`
  execFileSync(PYTHON, ['-c', program, join(folder, file)])
}

/** As a person does who pastes the command into a shell. */
async function convert(folder: string): Promise<void> {
  execFileSync('bash', ['-c', conversionCommand(folder, await readdir(folder), PYTHON)], { stdio: 'pipe' })
}

async function expectTensors(folder: string): Promise<void> {
  await withModelFolder(folder, async (checkpoint) => {
    expect(checkpoint.remarks).toEqual([])
    expect(checkpoint.weight('wte.weight').type).toBe('float16')
    expect(checkpoint.weight('h.1.mlp.c_fc.weight').type).toBe('bfloat16')
    expect(checkpoint.weight('h.1.mlp.c_fc.bias').type).toBe('float32')
    const gain = await checkpoint.read('ln_f.weight')
    expect([...new Float32Array(gain.buffer)]).toEqual([0, 2, 4, 6, 8, 10, 12, 14])
  })
}

function canRun(command: readonly string[]): boolean {
  try {
    execFileSync(PYTHON, command, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
