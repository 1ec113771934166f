import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PickledArrayError } from '../../../../src/files/source/errors'
import { openArrays } from '../../../../src/files/arrays/openArrays'
import { fileInMemory } from '../../../../src/files/source/fileSource'
import { openFileOnDisk } from '../../../../src/files/source/fileOnDisk'
import { openLogits } from '../../../../src/files/logits/openLogits'
import { type Framework, FRAMEWORKS, snippetOf } from '../../../../src/files/logits/snippets'
import { numpyFixtures } from '../../../support/files/numpyFixtures'

/** Debian's Python, which may lack PyTorch. */
const PYTHON = '/usr/bin/python3'
const hasTorch = canImport('torch')
if (!hasTorch) console.warn(`${PYTHON} has no PyTorch: the snippets and conversions are not run.`)

/** A model whose blocks and logits give the token's id everywhere; `output` is what it returns. */
const torchModel = (output: string) => `
import types
import torch
class Echo(torch.nn.Module):
    def forward(self, x):
        return x
class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.attn, self.mlp = Echo(), Echo()
    def forward(self, x):
        return self.mlp(self.attn(x))
class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.transformer = types.SimpleNamespace(h=[Block(), Block()])
    def forward(self, ids):
        x = ids.float()[..., None].expand(-1, -1, 8)
        for block in self.transformer.h:
            x = block(x)
        logits = x[..., :1].expand(-1, -1, 50257)
        return ${output}
model = Model()
`

/** The same as a function; NumPy stands in for JAX. */
const NUMPY_MODEL = `
import sys, types
import numpy as np
sys.modules["jax"] = types.ModuleType("jax")
sys.modules["jax.numpy"] = sys.modules["jax"].numpy = np
model = lambda ids: np.broadcast_to(ids[..., None], (*ids.shape, 50257))
`

const TEXT = 'He said "no \\ n".\nThen – 🙂 – silence.'
const IDS = Array.from({ length: 60 }, (_, i) => 50256 - i)

/** One for each way of conversion. */
const PICKLES = [
  'a list of arrays of different lengths',
  'objects in an archive',
  'torch.save',
  'pickle of protocol 5',
]

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snippets-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('A snippet', () => {
  it.each(FRAMEWORKS)('for $label has the ids on lines that fit on a screen', ({ id }) => {
    const snippet = snippetOf({ framework: id, text: TEXT, tokenIds: IDS, file: 'logits.npz' })

    expect(snippet.split('\n').every((line) => line.length <= 110)).toBe(true)
    expect(snippet).toContain('    50256, 50255, 50254,')
  })

  it('has paths of Windows as Python reads them', () => {
    const snippet = snippetOf({ framework: 'numpy', text: '', tokenIds: [], file: 'C:\\new\\logits.npz' })

    expect(snippet).toContain('np.savez("C:\\\\new\\\\logits.npz", ')
  })
})

describe.skipIf(!hasTorch)('A snippet that Python runs', () => {
  it.each<[Framework, string]>([
    ['pytorch', torchModel('(logits, None)')],
    ['numpy', NUMPY_MODEL],
    ['jax', NUMPY_MODEL],
  ])('saves logits, ids and hidden states: %s', async (framework, model) => {
    const file = join(folder, 'logits.npz')
    const snippet = snippetOf({ framework, text: TEXT, tokenIds: IDS, file })
    await python(`${model}\n${uncommented(snippet)}\nassert text == ${JSON.stringify(TEXT)}`)

    const saved = await openLogits(await openFileOnDisk(file))

    expect({ rows: saved.rows, width: saved.width, ids: saved.ids }).toEqual({
      rows: IDS.length,
      width: 50257,
      ids: Int32Array.from(IDS),
    })
    expect((await saved.readRow(1))[3]).toBe(IDS[1])
    if (framework === 'pytorch') {
      expect(saved.hidden?.layers).toBe(2)
      expect((await saved.hidden?.readRow(1, 'mlp', 5))?.[0]).toBe(IDS[5])
    }
    await saved.close()
  })
})

describe.skipIf(!hasTorch)('The line that converts a pickle', () => {
  const pickles = numpyFixtures().filter(({ name }) => PICKLES.includes(name))

  it.each(pickles)('writes a file that can be read: $name', async ({ file, bytes }) => {
    await writeFile(join(folder, file), bytes)
    const conversion = await conversionOf(file, bytes)

    await python(`import os, pickle, numpy as np, torch\nos.chdir(${JSON.stringify(folder)})\n${conversion}`)

    const target = /np\.save\("([^"]+)"/.exec(conversion)?.[1] ?? ''
    const converted = fileInMemory(target, new Uint8Array(await readFile(join(folder, target))))
    expect(await openArrays(converted)).toMatchObject([{ kind: 'array', dtype: '<f4' }])
  })
})

async function conversionOf(file: string, bytes: Uint8Array): Promise<string> {
  try {
    const [entry] = await openArrays(fileInMemory(file, bytes))
    if (entry?.kind === 'refused') throw entry.error
  } catch (error) {
    if (error instanceof PickledArrayError) return error.conversion
    throw error
  }
  throw new Error(`${file} was not refused`)
}

/** The snippet with the part for hidden states, where the framework's part is whole code. */
function uncommented(snippet: string): string {
  return snippet.replaceAll(/^# (def |for | {4})/gm, '$1').replaceAll(/^ {4}states\[f".*$/gm, '')
}

function canImport(module: string): boolean {
  try {
    execFileSync(PYTHON, [
      '-c',
      `import importlib.util, sys; sys.exit(importlib.util.find_spec('${module}') is None)`,
    ])
    return true
  } catch {
    return false
  }
}

async function python(code: string): Promise<void> {
  const script = join(folder, 'script.py')
  await writeFile(script, code)
  execFileSync(PYTHON, ['-B', script], { stdio: 'pipe' })
}
