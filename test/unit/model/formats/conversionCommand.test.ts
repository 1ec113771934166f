import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONVERSION_SCRIPT, conversionCommand } from '../../../../src/model/formats/conversionCommand'
import { withModelFolder } from '../../../../src/model/folder/modelFolder'
import { temporaryFolder, TINY_CONFIG } from '../../../support/checkpoints/checkpointTiny'

const SCRIPT = fileURLToPath(new URL(`../../../../media/${CONVERSION_SCRIPT}`, import.meta.url))

/** Debian's Python; python3-torch may be missing. */
const DEBIAN_BIN = '/usr/bin'
const PYTHON = join(DEBIAN_BIN, 'python3')
const hasPython = canRun('pass')
const hasTorch = canRun("import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)")
if (!hasTorch) console.warn(`${PYTHON} has no PyTorch: the conversion of pickle files is not tested.`)

describe('conversionCommand', () => {
  const commandFor = (folder: string, platform: NodeJS.Platform) =>
    conversionCommand({ script: '/media/x.py', folder, files: ['ckpt.pt'], platform }).replaceAll('\\', '/')

  it.skipIf(process.platform === 'win32').each([
    ['linux', '/my model', `python3 '/media/x.py' '/my model/ckpt.pt'`],
    ['darwin', '/$HOME `ls` "!1', `python3 '/media/x.py' '/$HOME \`ls\` "!1/ckpt.pt'`],
    ['win32', '/my model', `python "/media/x.py" "/my model/ckpt.pt"`],
    ['win32', '/$HOME', `python "/media/x.py" '/$HOME/ckpt.pt'`],
    ['win32', `/it's “$x” ’`, `python "/media/x.py" '/it''s “$x” ’’/ckpt.pt'`],
    ['win32', '/100%&calc', `python "/media/x.py" "/100%&calc/ckpt.pt"`],
    ['win32', '/$x&calc', `python "/media/x.py" "<path>"`],
  ] as const)('on %s quotes %s so that the shell runs nothing of it', (platform, folder, command) => {
    expect(commandFor(folder, platform)).toBe(command)
  })

  it('quotes a single quote and a backslash for sh, zsh and fish', () => {
    const files = ['ckpt.pt']
    const command = conversionCommand({ script: 'x.py', folder: String.raw`it\'s`, files, platform: 'linux' })
    expect(command).toContain(String.raw`'it'"\\"''"'"'s/ckpt.pt'`)
  })

  it('passes all shards in order', () => {
    const files = ['pytorch_model-00002-of-00002.bin', 'pytorch_model-00001-of-00002.bin']
    expect(conversionCommand({ script: 'x.py', folder: 'm', files })).toMatch(
      /00001-of-00002.*00002-of-00002/,
    )
  })
})

describe.skipIf(!hasPython)('The conversion script without PyTorch', () => {
  it('says that PyTorch is missing', async () => {
    const folder = await awkwardFolder()
    await writeFile(join(folder, 'ckpt.pt'), '')
    await expect(convert(folder, await modules("raise ImportError('no torch')"))).rejects.toThrow(
      'has no PyTorch. Install it',
    )
  })

  it('refuses a PyTorch that runs code from checkpoints', async () => {
    const folder = await awkwardFolder()
    await writeFile(join(folder, 'ckpt.pt'), '')
    await expect(convert(folder, await modules("__version__ = '2.5.1+cpu'"))).rejects.toThrow(
      'PyTorch 2.5.1+cpu is too old',
    )
  })

  it('does not overwrite a model.safetensors', async () => {
    const folder = await awkwardFolder()
    await writeFile(join(folder, 'ckpt.pt'), '')
    await writeFile(join(folder, 'model.safetensors'), 'mine')
    await expect(convert(folder)).rejects.toThrow('already exists')
    expect(await readFile(join(folder, 'model.safetensors'), 'utf8')).toBe('mine')
  })
})

describe.skipIf(!hasTorch)('The conversion script', () => {
  let saved: string
  beforeAll(async () => {
    saved = await mkdtemp(join(tmpdir(), 'logitscope-pickles-'))
    execFileSync(PYTHON, ['-c', SAVE_CHECKPOINTS], { cwd: saved })
  })
  afterAll(async () => {
    await rm(saved, { recursive: true })
  })

  it('converts the weights in a trainer’s checkpoint, with a tied head and mask buffers', async () => {
    const folder = await awkwardFolder()
    await cp(join(saved, 'trainer.pt'), join(folder, 'ckpt.pt'))
    await convert(folder)
    await expectTensors(folder)
  })

  it('converts shards to one file', async () => {
    const folder = await awkwardFolder()
    for (const shard of ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'])
      await cp(join(saved, shard), join(folder, shard))
    await convert(folder)
    await expectTensors(folder)
  })

  it('runs no code from a pickle file', async () => {
    const folder = await awkwardFolder()
    await cp(join(saved, 'attack.pt'), join(folder, 'ckpt.pt'))
    await expect(convert(folder)).rejects.toThrow('cannot be loaded without running code from it')
    expect(await readdir(folder)).toEqual(['ckpt.pt', 'config.json'])
    expect(await readdir(saved)).not.toContain('it ran')
  })
})

/** A folder whose name contains characters that are special in shells. */
async function awkwardFolder(): Promise<string> {
  const folder = join(await temporaryFolder({}), 'it\'s "my" $HOME `model` \\ !1')
  await mkdir(folder)
  await writeFile(join(folder, 'config.json'), JSON.stringify(TINY_CONFIG))
  return folder
}

/** A folder of Python modules in which `torch` is the given program. */
function modules(torch: string): Promise<string> {
  return temporaryFolder({ 'torch.py': torch })
}

/**
 * Saves GPT-2's tensors, as PyTorch has them, to the current folder: in a trainer's checkpoint and in shards; and a
 * pickle file that creates a file when its code is run.
 */
const SAVE_CHECKPOINTS = `
import os, torch
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

class Attack:
  def __reduce__(self):
    return (open, (os.path.abspath('it ran'), 'w'))

torch.save({'model': tensors, 'optimizer': {'state': {}}, 'model_args': {'n_layer': 2}}, 'trainer.pt')
torch.save({k: v for k, v in tensors.items() if '.h.' in k}, 'pytorch_model-00001-of-00002.bin')
torch.save({k: v for k, v in tensors.items() if not '.h.' in k}, 'pytorch_model-00002-of-00002.bin')
torch.save(Attack(), 'attack.pt')
`

/** Runs the command in a shell, as a user does who pastes it; modules in `pythonPath` come first. */
async function convert(folder: string, pythonPath = ''): Promise<void> {
  const command = conversionCommand({ script: SCRIPT, folder, files: await readdir(folder) })
  const PATH = `${DEBIAN_BIN}:${process.env.PATH ?? ''}`
  execFileSync('bash', ['-c', command], {
    stdio: 'pipe',
    env: { ...process.env, PATH, PYTHONPATH: pythonPath, PYTHONDONTWRITEBYTECODE: '1' },
  })
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

function canRun(program: string): boolean {
  try {
    execFileSync(PYTHON, ['-c', program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
