import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { locateModel } from '../../../../src/model/folder/locateModel'
import { ModelFilesError } from '../../../../src/shared/errors'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'

const FOLDERS = { embedded: '/models', store: '/store', howToGet: 'ask for it.' }

describe('locateModel', () => {
  it('finds an embedded model by its id', () => {
    expect(locateModel('mini', FOLDERS)).toMatchObject({ id: 'mini', folder: join('/models', 'mini') })
  })

  it('finds a model of the registry in the store', async () => {
    const store = await temporaryFolder({})
    await mkdir(join(store, 'gpt2'))
    expect(locateModel('gpt2', { ...FOLDERS, store })).toMatchObject({
      id: 'gpt2',
      folder: join(store, 'gpt2'),
    })
  })

  it('finds the previous model if a process ended while it was replaced', async () => {
    const store = await temporaryFolder({})
    await mkdir(join(store, '.gpt2.previous'))
    const { folder } = locateModel('gpt2', { ...FOLDERS, store })
    expect(folder).toBe(join(store, '.gpt2.previous'))
  })

  it('says how to get a missing model of the registry', () => {
    expect(locateModel('distilgpt2', FOLDERS).ifMissing).toBe('distilgpt2 is not downloaded: ask for it.')
  })

  it('refuses a model of the registry if there is no store', () => {
    expect(() => locateModel('gpt2', { ...FOLDERS, store: undefined })).toThrow(
      new ModelFilesError('gpt2 is not downloaded: ask for it.'),
    )
  })

  it('treats anything else as a folder, with its name as the id', async () => {
    const folder = await temporaryFolder({})
    expect(locateModel(folder, FOLDERS)).toMatchObject({
      folder,
      id: expect.stringMatching(/^logitscope/) as string,
    })
  })

  it.each(['no-such-model', 'constructor'])(
    'lists the known models for “%s”, which is neither an id nor a folder',
    (id) => {
      expect(locateModel(id, FOLDERS).ifMissing).toMatch(/^There is no model “.*”\. Use an id \(mini, gpt2, /)
    },
  )
})
