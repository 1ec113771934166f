import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesOfFolder, openFile } from '../../../../src/model/folder/filesOfFolder'
import { parseConfig } from '../../../../src/model/gpt2/config'
import { saveConfig, withModelFolder } from '../../../../src/model/folder/modelFolder'
import { checkTensors, proposeConfigOf } from '../../../../src/model/folder/openModelFiles'
import { writeConfig } from '../../../../src/model/gpt2/proposedConfig'
import {
  ModelConfigError,
  ModelFilesError,
  NoConfigError,
  PickleFilesError,
  SafetensorsError,
} from '../../../../src/shared/errors'
import { safetensors } from '../../../support/checkpoints/checkpointBytes'
import {
  storedAs,
  temporaryFolder,
  TINY_CONFIG,
  tinyTensors,
} from '../../../support/checkpoints/checkpointTiny'
import { MINI } from '../../../support/engine/engineUnderTest'

const CONFIG = JSON.stringify(TINY_CONFIG)
const TENSORS = storedAs('F16', tinyTensors())
const WEIGHTS = safetensors(TENSORS)
/** The error of a read after the file was closed. */
const CLOSED = { cause: { message: 'file closed' } }
const open = (folder: string) =>
  withModelFolder(folder, (checkpoint) => Promise.resolve(checkpoint.config.nLayer))

describe('A model’s folder', () => {
  it('is open while it is used, and closed afterwards', async () => {
    const checkpoint = await withModelFolder(MINI.folder, async (open) => {
      expect((await open.read('ln_f.bias')).length).toBe(192 * 2)
      return open
    })
    await expect(checkpoint.read('ln_f.bias')).rejects.toMatchObject(CLOSED)
  })

  it('returns the result of the callback that uses it', async () => {
    expect(await open(await temporaryFolder({ 'config.json': CONFIG, 'model.safetensors': WEIGHTS }))).toBe(2)
  })

  it.each<[string, Record<string, string>, RegExp]>([
    ['is empty', {}, /model\.safetensors cannot be read/],
    ['has no model.safetensors', { 'config.json': CONFIG }, /model\.safetensors cannot be read/],
  ])('is refused if it %s', async (_, files, message) => {
    const folder = await temporaryFolder(files)
    await expect(open(folder)).rejects.toThrow(ModelFilesError)
    await expect(open(folder)).rejects.toThrow(message)
    await expect(open(folder)).rejects.toThrow(folder)
  })

  it('is refused with NoConfigError if it lacks config.json', async () => {
    const folder = await temporaryFolder({ 'model.safetensors': WEIGHTS })
    await expect(open(folder)).rejects.toThrow(NoConfigError)
    await expect(open(folder)).rejects.toThrow('has no config.json')
  })

  it.each(['pytorch_model.bin', 'ckpt.pt', 'model.pth'])(
    'is refused if its weights are a pickle file (%s)',
    async (name) => {
      const folder = await temporaryFolder({ 'config.json': CONFIG, [name]: '' })
      await expect(open(folder)).rejects.toThrow(PickleFilesError)
      await expect(open(folder)).rejects.toThrow(
        'PyTorch pickle files can run code, so Logitscope does not read them',
      )
    },
  )

  it('is read from safetensors if there are pickle files too', async () => {
    const files = { 'config.json': CONFIG, 'model.safetensors': WEIGHTS, 'pytorch_model.bin': '' }
    expect(await open(await temporaryFolder(files))).toBe(2)
  })

  it('is refused if it does not exist', async () => {
    await expect(open(join(await temporaryFolder({}), 'absent'))).rejects.toThrow(ModelFilesError)
  })

  it.each(['config.json', 'model.safetensors.index.json'])(
    'is refused if its %s is too large, with the limit',
    async (name) => {
      const folder = await temporaryFolder({ 'config.json': CONFIG })
      await writeFile(join(folder, name), new Uint8Array(16 * 1024 ** 2 + 1))
      const opening = open(folder)
      await expect(opening).rejects.toThrow(ModelFilesError)
      await expect(opening).rejects.toThrow(`${name} has 16,777,217 bytes; at most 16,777,216 are supported`)
    },
  )

  it('is refused if it is a file', async () => {
    const folder = await temporaryFolder({ 'config.json': CONFIG })
    await expect(open(join(folder, 'config.json'))).rejects.toThrow(ModelFilesError)
  })

  it('is refused if a file is damaged, with that file’s error', async () => {
    const badConfig = await temporaryFolder({ 'config.json': '{', 'model.safetensors': '' })
    const badWeights = await temporaryFolder({ 'config.json': CONFIG, 'model.safetensors': 'no tensors' })
    await expect(open(badConfig)).rejects.toThrow(ModelConfigError)
    await expect(open(badWeights)).rejects.toThrow(SafetensorsError)
  })
})

describe('Shards', () => {
  const INDEX = 'model.safetensors.index.json'
  const [first, second] = [new Map([...TENSORS].slice(0, 5)), new Map([...TENSORS].slice(5))]
  const weightMap = {
    ...Object.fromEntries([...first.keys()].map((name) => [name, 'first.safetensors'])),
    ...Object.fromEntries([...second.keys()].map((name) => [name, 'second.safetensors'])),
  }
  const files = {
    'config.json': CONFIG,
    'first.safetensors': safetensors(first),
    'second.safetensors': safetensors(second),
    [INDEX]: JSON.stringify({ metadata: {}, weight_map: weightMap }),
  }

  it('are read as one checkpoint', async () => {
    const folder = await temporaryFolder(files)
    for (const [name, { bytes }] of [...first].slice(0, 1).concat([...second].slice(0, 1))) {
      const read = await withModelFolder(folder, (checkpoint) => checkpoint.read(name))
      expect(Buffer.from(read).equals(bytes)).toBe(true)
    }
  })

  it('are closed after their use', async () => {
    const checkpoint = await withModelFolder(await temporaryFolder(files), (open) => Promise.resolve(open))
    await expect(checkpoint.read('ln_f.bias')).rejects.toMatchObject(CLOSED)
    await expect(checkpoint.read('wte.weight')).rejects.toMatchObject(CLOSED)
  })

  it('are ignored if there is a model.safetensors', async () => {
    expect(await open(await temporaryFolder({ ...files, 'model.safetensors': WEIGHTS, [INDEX]: '' }))).toBe(2)
  })

  it('are refused if one lacks a tensor that is in the index', async () => {
    const index = JSON.stringify({ weight_map: { ...weightMap, 'ln_f.bias': 'first.safetensors' } })
    const opening = open(await temporaryFolder({ ...files, [INDEX]: index }))
    await expect(opening).rejects.toThrow(SafetensorsError)
    await expect(opening).rejects.toThrow('says that ln_f.bias is in first.safetensors, which lacks it')
  })

  it('are refused if one is missing', async () => {
    const index = JSON.stringify({ weight_map: { ...weightMap, 'ln_f.bias': 'third.safetensors' } })
    const opening = open(await temporaryFolder({ ...files, [INDEX]: index }))
    await expect(opening).rejects.toThrow(ModelFilesError)
    await expect(opening).rejects.toThrow('third.safetensors cannot be read')
  })

  it('are refused if one is malformed, with its name', async () => {
    const cut = safetensors(second).subarray(0, -1)
    const opening = open(await temporaryFolder({ ...files, 'second.safetensors': cut }))
    await expect(opening).rejects.toThrow(SafetensorsError)
    await expect(opening).rejects.toThrow('second.safetensors cannot be read')
  })

  it.each<[string, unknown]>([
    ['a folder', '../first.safetensors'],
    ['an absolute path', '/etc/first.safetensors'],
    ['a Windows path', '..\\first.safetensors'],
    ['a drive', 'C:first.safetensors'],
    ['a file of another kind', 'first.bin'],
    ['nothing but the ending', '.safetensors'],
    ['a number', 1],
    ['a list', ['first.safetensors']],
  ])('are refused if the index contains %s', async (_, shard) => {
    const index = JSON.stringify({ weight_map: { ...weightMap, 'ln_f.bias': shard } })
    const opening = open(await temporaryFolder({ ...files, [INDEX]: index }))
    await expect(opening).rejects.toThrow(SafetensorsError)
    await expect(opening).rejects.toThrow(/index\.json cannot be used: the shard of ln_f\.bias/)
  })

  it.each<[string, string, string]>([
    ['is not JSON', '{', 'not JSON'],
    ['is null', 'null', 'no weight_map'],
    ['has no weight_map', '{}', 'no weight_map'],
    ['has a list for a weight_map', '{"weight_map": []}', 'no weight_map'],
    ['is empty', '{"weight_map": {}}', 'is empty'],
  ])('are refused if the index %s', async (_, index, message) => {
    const opening = open(await temporaryFolder({ ...files, [INDEX]: index }))
    await expect(opening).rejects.toThrow(SafetensorsError)
    await expect(opening).rejects.toThrow(message)
  })
})

describe('A proposed config.json', () => {
  it('has the values of the model’s own', async () => {
    const folder = await temporaryFolder({ 'model.safetensors': WEIGHTS })
    const proposed = await proposeConfigOf(filesOfFolder(folder))
    expect(proposed).toEqual({
      nLayer: 2,
      nEmbd: 8,
      nPositions: 16,
      nInner: 32,
      vocabSize: 50257,
      tied: true,
      nHead: 1,
    })
    const config = writeConfig(proposed, { nHead: 2, activation: 'gelu' })
    await checkTensors(filesOfFolder(folder), config)
    await saveConfig(folder, config)
    const opened = await withModelFolder(folder, ({ config }) => Promise.resolve(config))
    expect(opened).toEqual(parseConfig(JSON.stringify({ ...TINY_CONFIG, activation_function: 'gelu' })))
  })

  it('is untied if the weights have a head that differs from wte', async () => {
    const own = storedAs('F32', tinyTensors({ ...TINY_CONFIG, tie_word_embeddings: false }))
    const folder = await temporaryFolder({ 'model.safetensors': safetensors(own) })
    expect(await proposeConfigOf(filesOfFolder(folder))).toMatchObject({ tied: false })
  })

  it('ties a head that is a copy of wte', async () => {
    const stored = storedAs('F32', tinyTensors())
    for (const [name, tensor] of [...stored]) if (name === 'wte.weight') stored.set('lm_head.weight', tensor)
    const folder = await temporaryFolder({ 'model.safetensors': safetensors(stored) })
    expect(await proposeConfigOf(filesOfFolder(folder))).toMatchObject({ tied: true })
    stored.delete('wte.weight')
    const headAlone = await temporaryFolder({ 'model.safetensors': safetensors(stored) })
    expect(await proposeConfigOf(filesOfFolder(headAlone))).toMatchObject({ tied: true, vocabSize: 50257 })
  })

  it('never replaces an existing one', async () => {
    const folder = await temporaryFolder({ 'config.json': 'mine' })
    await expect(saveConfig(folder, CONFIG)).rejects.toThrow(ModelFilesError)
    expect(await readFile(join(folder, 'config.json'), 'utf8')).toBe('mine')
  })

  it('is refused if tensors are missing', async () => {
    const some = new Map([...TENSORS].filter(([name]) => name !== 'h.1.ln_2.weight'))
    const folder = await temporaryFolder({ 'model.safetensors': safetensors(some) })
    const config = writeConfig(await proposeConfigOf(filesOfFolder(folder)), { nHead: 2, activation: 'gelu' })
    await expect(checkTensors(filesOfFolder(folder), config)).rejects.toThrow('lacks h.1.ln_2.weight')
  })
})

/** The error of a read past the end. */
const ENDED = {
  name: 'ModelFilesError',
  message: 'digits was changed or cannot be read any more. Check the file and load the model again.',
  cause: expect.objectContaining({ message: expect.stringContaining('ends at byte 10') as string }) as Error,
}

describe('A file', () => {
  it('is read at any offset, but not past its end', async () => {
    const folder = await temporaryFolder({ digits: '0123456789' })
    const file = await openFile(join(folder, 'digits'))
    expect(file.size).toBe(10)
    expect(new TextDecoder().decode(await file.read(3, 4))).toBe('3456')
    const reading = file.read(8, 4)
    await expect(reading).rejects.toThrow(ModelFilesError)
    await expect(reading).rejects.toMatchObject(ENDED)
    await file.close()
  })

  it('is read synchronously, but not past its end', async () => {
    const folder = await temporaryFolder({ digits: '0123456789' })
    const file = await openFile(join(folder, 'digits'))
    const target = new Uint8Array(4)
    file.readNow(3, target)
    expect(new TextDecoder().decode(target)).toBe('3456')
    expect(() => {
      file.readNow(8, target)
    }).toThrow(expect.objectContaining(ENDED) as Error)
    await file.close()
  })

  it.skipIf(process.platform === 'win32')(
    'that is a pipe is refused without waiting for a writer',
    async () => {
      const pipe = join(await temporaryFolder({}), 'pipe')
      execFileSync('mkfifo', [pipe])
      await expect(openFile(pipe)).rejects.toThrow('is not a file')
    },
  )
})
