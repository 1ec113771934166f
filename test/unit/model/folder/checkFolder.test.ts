import { describe, expect, it } from 'vitest'
import { checkFolder } from '../../../../src/model/folder/checkFolder'
import { filesOfFolder } from '../../../../src/model/folder/filesOfFolder'
import { MissingTensorsError, PickleFilesError, TensorMismatchError } from '../../../../src/shared/errors'
import { safetensors, type StoredTensor } from '../../../support/checkpoints/checkpointBytes'
import {
  storedAs,
  temporaryFolder,
  TINY_CONFIG,
  tinyTensors,
} from '../../../support/checkpoints/checkpointTiny'

const CONFIG = JSON.stringify(TINY_CONFIG)
const TENSORS = storedAs('F16', tinyTensors())
const check = async (files: Readonly<Record<string, string | Uint8Array>>) =>
  checkFolder(filesOfFolder(await temporaryFolder(files)))

describe('The check of a folder', () => {
  it('reports a complete model as usable', async () => {
    const files = { 'config.json': CONFIG, 'model.safetensors': safetensors(TENSORS) }
    expect(await check(files)).toEqual({ kind: 'usable' })
  })

  it('proposes a missing config.json', async () => {
    const report = await check({ 'model.safetensors': safetensors(TENSORS) })
    expect(report).toMatchObject({ kind: 'lacksConfig', proposed: { nLayer: 2, nEmbd: 8, tied: true } })
  })

  it('rejects missing tensors before a config.json is proposed', async () => {
    const some = new Map([...TENSORS].filter(([name]) => name !== 'h.1.ln_2.weight'))
    await expect(check({ 'model.safetensors': safetensors(some) })).rejects.toThrow(MissingTensorsError)
  })

  it('rejects tensors of type I8, also a head and without a config.json', async () => {
    const wte: StoredTensor = { dtype: 'I8', shape: [50257, 8], bytes: new Uint8Array(50257 * 8) }
    const stored = new Map(TENSORS).set('wte.weight', wte).set('lm_head.weight', wte)
    const checking = check({ 'model.safetensors': safetensors(stored) })
    await expect(checking).rejects.toThrow(TensorMismatchError)
    await expect(checking).rejects.toThrow('wte.weight is stored as I8; supported are F32, F16, BF16')
  })

  it('rejects pickle files', async () => {
    await expect(check({ 'config.json': CONFIG, 'ckpt.pt': '' })).rejects.toThrow(PickleFilesError)
  })
})
