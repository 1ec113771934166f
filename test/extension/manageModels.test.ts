import * as assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as vscode from 'vscode'
import { FileLock, LOCK_LIMITS } from '../../src/model/store/fileLock'
import { storePaths } from '../../src/model/store/storePaths'
import { currentModel, inspect, useModel } from './currentModel'
import { startPartsWithHub } from './partsWithHub'
import { Person } from './person'
import { folderOfGpt2, storeAsGpt2 } from './storedModel'

describe('The current model', () => {
  let person: Person
  let folder: string
  beforeEach(async () => {
    person = new Person()
    folder = await folderOfGpt2(person)
    await storeAsGpt2(folder)
    await useModel('gpt2')
  })
  afterEach(async () => {
    await useModel(undefined)
    await rm(folder, { recursive: true, force: true })
    person.leaves()
  })

  it('leaves the word to the embedded one when it is deleted', async () => {
    assert.equal((await inspect()).model, 'gpt2')
    person.answers({ entries: ['gpt2', 'Delete'] })

    await vscode.commands.executeCommand('logitscope.manageModels')

    assert.equal(existsSync(folder), false)
    assert.deepEqual([currentModel(), (await inspect()).model], ['mini', 'mini'])
  })

  it('does so, too, when it is verified and is not the pinned file', async () => {
    assert.equal((await inspect()).model, 'gpt2')
    person.answers({ entries: ['gpt2', 'Verify Again'] })

    await vscode.commands.executeCommand('logitscope.manageModels')

    assert.equal(person.told.at(-1), 'model.safetensors is not the pinned file and was deleted')
    assert.equal(existsSync(folder), false)
    assert.deepEqual([currentModel(), (await inspect()).model], ['mini', 'mini'])
  })

  it('has the word again where it cannot be deleted', async () => {
    const { lock } = storePaths(dirname(folder), 'gpt2')
    const other = await FileLock.acquire(lock, {
      limits: LOCK_LIMITS,
      signal: new AbortController().signal,
      onWait: () => undefined,
    })
    person.answers({ entries: ['gpt2', 'Delete'] })
    try {
      await vscode.commands.executeCommand('logitscope.manageModels')
    } finally {
      await other.release()
    }

    assert.match(person.told.at(-1) ?? '', /Another window is at work on the files of gpt2/)
    assert.deepEqual([currentModel(), (await inspect()).model], ['gpt2', 'gpt2'])
  })
})

describe('The current model, verified where it is the pinned file,', () => {
  it('goes on speaking', async () => {
    const { choice, manager, store, dispose } = await startPartsWithHub()
    const person = new Person()
    try {
      person.answers({ buttons: ['Download'], entries: ['gpt2', 'Verify Again'] })
      await choice.useGpt2()

      await manager.show()

      assert.equal(person.told.at(-1), 'gpt2 is the pinned file, byte for byte.')
      assert.deepEqual(
        [currentModel(), (await store.list()).map(({ state }) => state.kind)],
        ['gpt2', ['installed']],
      )
    } finally {
      person.leaves()
      await useModel(undefined)
      await dispose()
    }
  })
})
