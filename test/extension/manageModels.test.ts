import * as assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as vscode from 'vscode'
import { FileLock, LOCK_LIMITS } from '../../src/model/store/disk/fileLock'
import { storePaths } from '../../src/model/store/disk/storePaths'
import { WEIGHTS } from '../support/fakes/fakeHub'
import { currentModel, inspect, useModel } from './support/currentModel'
import { type ModelSetup, startModelSetup } from './support/modelSetup'
import { FakeUser } from './support/fakeUser'
import { folderOfGpt2, storeAsGpt2 } from './support/storedModel'

describe('The current model', () => {
  let user: FakeUser
  let folder: string
  beforeEach(async () => {
    user = new FakeUser()
    folder = await folderOfGpt2(user)
    await storeAsGpt2(folder)
    await useModel('gpt2')
  })
  afterEach(async () => {
    await useModel(undefined)
    await rm(folder, { recursive: true, force: true })
    user.restore()
  })

  it('is marked in Select Model, and shown as downloaded', async () => {
    user.answers({})

    await vscode.commands.executeCommand('logitscope.selectModel')

    const details = user.listed.map(({ label, detail }) => `${label}: ${detail}`)
    assert.equal(
      details.find((entry) => entry.includes('gpt2:')),
      '$(check) gpt2: 124 M parameters · 548 MB, downloaded · needs 498 MB of memory in fp32',
    )
    assert.match(
      details.find((entry) => entry.includes('gpt2-xl')) ?? '',
      /^gpt2-xl: 1\.6 B parameters · 6\.4 GB to download · needs 2(\.0)? GB of memory in int8/,
    )
  })

  it('is replaced by the embedded one when it is deleted', async () => {
    assert.equal((await inspect()).model, 'gpt2')
    user.answers({ entries: ['gpt2', 'Delete'] })

    await vscode.commands.executeCommand('logitscope.manageModels')

    assert.equal(existsSync(folder), false)
    assert.deepEqual([currentModel(), (await inspect()).model], ['mini', 'mini'])
  })

  it('is deleted and replaced if verification shows that it is not the pinned file', async () => {
    assert.equal((await inspect()).model, 'gpt2')
    user.answers({ entries: ['gpt2', 'Verify Again'] })

    await vscode.commands.executeCommand('logitscope.manageModels')

    assert.equal(user.messages.at(-1), 'model.safetensors is not the pinned file and was deleted')
    assert.equal(existsSync(folder), false)
    assert.deepEqual([currentModel(), (await inspect()).model], ['mini', 'mini'])
  })

  it('stays the current one if it cannot be deleted', async () => {
    const { lock } = storePaths(dirname(folder), 'gpt2')
    const other = await FileLock.acquire(lock, {
      limits: LOCK_LIMITS,
      signal: new AbortController().signal,
      onWait: () => undefined,
    })
    user.answers({ entries: ['gpt2', 'Delete'] })
    try {
      await vscode.commands.executeCommand('logitscope.manageModels')
    } finally {
      await other.release()
    }

    assert.match(user.messages.at(-1) ?? '', /Another window is working on the files of gpt2/)
    assert.deepEqual([currentModel(), (await inspect()).model], ['gpt2', 'gpt2'])
  })

  it('stays the current one if another window uses it, which the message names', async () => {
    const uses = join(dirname(folder), '.uses')
    await mkdir(uses, { recursive: true })
    const other = await FileLock.tryToAcquire(join(uses, 'gpt2.1'), LOCK_LIMITS, 'the window “letters”')
    user.answers({ entries: ['gpt2', 'Delete'] })
    try {
      await vscode.commands.executeCommand('logitscope.manageModels')
    } finally {
      await other?.release()
    }

    const message = 'gpt2 is in use by the window “letters”: close that window or select another model in it.'
    assert.equal(user.messages.at(-1), `Deleting the model failed. ${message}`)
    assert.deepEqual([currentModel(), (await inspect()).model], ['gpt2', 'gpt2'])
  })
})

describe('A pinned model', () => {
  let user: FakeUser
  let setup: ModelSetup
  beforeEach(async () => {
    user = new FakeUser()
    setup = await startModelSetup()
  })
  afterEach(async () => {
    user.restore()
    await useModel(undefined)
    await setup.dispose()
  })
  const states = async () => (await setup.store.list()).map(({ state }) => state.kind)

  it('stays the current one when it is verified', async () => {
    user.answers({ buttons: ['Download'], entries: ['gpt2', 'Verify Again'] })
    await setup.choice.useGpt2()

    await setup.manager.show()

    assert.equal(user.messages.at(-1), 'gpt2 is intact: its SHA-256 matches.')
    assert.deepEqual([currentModel(), await states()], ['gpt2', ['installed']])
  })

  it('is listed with the files that were derived from it, which Delete frees as well', async () => {
    user.answers({ buttons: ['Download'], entries: [] })
    await setup.choice.useGpt2()

    await setup.manager.show()
    const listed = user.listed.at(0)?.description
    user.answers({ entries: ['gpt2'] })
    await setup.manager.show()

    const [inList, inActions] = [listed, user.listed.at(-1)?.description]
    assert.deepEqual([inList, inActions], ['66 kB, and 34 kB derived from it', 'frees 100 kB'])
  })

  it('is imported from a file, recognized by its length, and used with Use Model', async () => {
    const file = join(dirname(setup.store.folder), 'from-elsewhere')
    await writeFile(file, WEIGHTS)
    user.answers({ entries: ['Import a File…'], paths: [file], buttons: ['Use Model'] })

    await setup.manager.show()

    assert.deepEqual([user.messages, currentModel()], [['gpt2 is installed.'], 'gpt2'])
    assert.deepEqual(await states(), ['installed'])
  })

  it('is not imported from a file of another size, which is not copied', async () => {
    const file = join(dirname(setup.store.folder), 'from-elsewhere')
    await writeFile(file, WEIGHTS.subarray(1000))
    user.answers({ entries: ['Import a File…'], paths: [file] })

    await setup.manager.show()

    assert.match(
      user.messages.at(-1) ?? '',
      /from-elsewhere has 64,536 bytes, which matches none of the known models/,
    )
    assert.deepEqual([currentModel(), await states()], ['mini', ['absent']])
  })
})
