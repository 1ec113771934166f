import { execFileSync } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { safetensors } from '../../../support/checkpoints/checkpointBytes'
import {
  storedAs,
  temporaryFolder,
  tensorOf,
  TINY_CONFIG,
  tinyTensors,
} from '../../../support/checkpoints/checkpointTiny'

const LOADER = fileURLToPath(new URL('../../../../media/load_model.py', import.meta.url))

/** Debian's Python; NumPy may be missing. */
const PYTHON = '/usr/bin/python3'
const hasNumpy = canRun('import numpy')
if (!hasNumpy) console.warn(`${PYTHON} has no NumPy: the loader of the embedded model is not tested.`)

describe.skipIf(!hasNumpy)('The loader that is saved with the embedded model', () => {
  it('reads float16 tensors as float32 arrays in their shape', async () => {
    const tensors = tinyTensors()
    const folder = await temporaryFolder({
      'config.json': JSON.stringify(TINY_CONFIG),
      'model.safetensors': safetensors(storedAs('F16', tensors)),
    })
    await cp(LOADER, join(folder, 'load_model.py'))
    const output = execFileSync(
      PYTHON,
      ['-c', 'from load_model import weights; w = weights["wpe.weight"]; print(w.dtype, w.tolist())'],
      { cwd: folder, encoding: 'utf8' },
    )

    const [dtype = '', values = ''] = output.split(/ (.*)/s)
    const { shape, values: expected } = tensorOf(tensors, 'wpe.weight')
    const rows = JSON.parse(values) as number[][]
    expect([dtype, rows.length, rows[0]?.length]).toEqual(['float32', ...shape])
    for (const [i, value] of rows.flat().entries()) expect(value).toBeCloseTo(expected[i] ?? NaN, 2)
  })
})

function canRun(code: string): boolean {
  try {
    execFileSync(PYTHON, ['-c', code], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
