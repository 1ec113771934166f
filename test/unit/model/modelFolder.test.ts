import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openFile } from '../../../src/model/byteSource'
import { withModelFolder } from '../../../src/model/modelFolder'
import { resolveModel } from '../../../src/model/registry'
import { ModelConfigError, ModelFilesError, SafetensorsError } from '../../../src/shared/errors'
import { safetensors } from '../../support/checkpointBytes'
import { storedAs, temporaryFolder, TINY_CONFIG, tinyTensors } from '../../support/checkpointTiny'
import { MINI } from '../../support/engineUnderTest'

const CONFIG = JSON.stringify(TINY_CONFIG)
const open = (folder: string) =>
  withModelFolder(folder, (checkpoint) => Promise.resolve(checkpoint.config.nLayer))

describe('A model’s folder', () => {
  it('is open as long as it is used, and closed then', async () => {
    const checkpoint = await withModelFolder(MINI.folder, async (open) => {
      expect((await open.read('ln_f.bias')).length).toBe(192 * 2)
      return open
    })
    await expect(checkpoint.read('ln_f.bias')).rejects.toThrow('file closed')
  })

  it('gives what its use gives', async () => {
    const file = safetensors(storedAs('F16', tinyTensors()))
    expect(await open(await temporaryFolder({ 'config.json': CONFIG, 'model.safetensors': file }))).toBe(2)
  })

  it.each<[string, Record<string, string>, RegExp]>([
    ['is empty', {}, /config\.json cannot be read/],
    ['has no config.json', { 'model.safetensors': '' }, /config\.json cannot be read/],
    ['has no model.safetensors', { 'config.json': CONFIG }, /model\.safetensors cannot be read/],
  ])('is refused where it %s', async (_, files, message) => {
    const folder = await temporaryFolder(files)
    await expect(open(folder)).rejects.toThrow(ModelFilesError)
    await expect(open(folder)).rejects.toThrow(message)
    await expect(open(folder)).rejects.toThrow(folder)
  })

  it('is refused where it does not exist', async () => {
    await expect(open(join(await temporaryFolder({}), 'absent'))).rejects.toThrow(ModelFilesError)
  })

  it('is refused where the weights are a folder', async () => {
    const folder = await temporaryFolder({ 'config.json': CONFIG })
    await expect(open(join(folder, 'config.json'))).rejects.toThrow(ModelFilesError)
  })

  it('is refused where a file is damaged, with that file’s error', async () => {
    const badConfig = await temporaryFolder({ 'config.json': '{', 'model.safetensors': '' })
    const badWeights = await temporaryFolder({ 'config.json': CONFIG, 'model.safetensors': 'no tensors' })
    await expect(open(badConfig)).rejects.toThrow(ModelConfigError)
    await expect(open(badWeights)).rejects.toThrow(SafetensorsError)
  })
})

describe('A file', () => {
  it('is read at any place, and not beyond its end', async () => {
    const folder = await temporaryFolder({ digits: '0123456789' })
    const file = await openFile(join(folder, 'digits'))
    expect(file.size).toBe(10)
    expect(new TextDecoder().decode(await file.read(3, 4))).toBe('3456')
    await expect(file.read(8, 4)).rejects.toThrow('ends at byte 10')
    await file.close()
  })
})

describe('resolveModel', () => {
  it('finds an embedded model by its id', () => {
    expect(resolveModel('mini', '/models')).toMatchObject({ id: 'mini', folder: join('/models', 'mini') })
  })

  it('takes anything else as a folder, and its name as the id', async () => {
    const folder = await temporaryFolder({})
    expect(resolveModel(folder, '/models')).toMatchObject({
      folder,
      id: expect.stringMatching(/^logitscope/) as string,
    })
  })

  it.each(['no-such-model', 'constructor'])('refuses “%s”, which is neither', (id) => {
    expect(() => resolveModel(id, '/models')).toThrow(ModelFilesError)
  })
})
