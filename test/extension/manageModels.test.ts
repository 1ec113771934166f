import * as assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as vscode from 'vscode'
import { FileLock, LOCK_LIMITS } from '../../src/model/store/disk/fileLock'
import { storePaths } from '../../src/model/store/disk/storePaths'
import { WEIGHTS } from '../support/fakes/fakeHub'
import { currentModel, inspect, useModel } from './support/currentModel'
import { type PartsWithHub, startPartsWithHub } from './support/partsWithHub'
import { Person } from './support/person'
import { folderOfGpt2, storeAsGpt2 } from './support/storedModel'

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

  it('is marked in Select Model, and said to be on the disk', async () => {
    person.answers({})

    await vscode.commands.executeCommand('logitscope.selectModel')

    const details = person.listed.map(({ label, detail }) => `${label}: ${detail}`)
    assert.equal(
      details.find((entry) => entry.includes('gpt2:')),
      '$(check) gpt2: 124 M parameters · 548 MB, downloaded · needs 498 MB of memory in fp32',
    )
    assert.match(
      details.find((entry) => entry.includes('gpt2-xl')) ?? '',
      /^gpt2-xl: 1\.6 B parameters · 6\.4 GB to download · needs 2(\.0)? GB of memory in int8/,
    )
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

describe('What has the pinned bytes', () => {
  let person: Person
  let parts: PartsWithHub
  beforeEach(async () => {
    person = new Person()
    parts = await startPartsWithHub()
  })
  afterEach(async () => {
    person.leaves()
    await useModel(undefined)
    await parts.dispose()
  })
  const states = async () => (await parts.store.list()).map(({ state }) => state.kind)

  it('goes on speaking when it is verified', async () => {
    person.answers({ buttons: ['Download'], entries: ['gpt2', 'Verify Again'] })
    await parts.choice.useGpt2()

    await parts.manager.show()

    assert.equal(person.told.at(-1), 'gpt2 is intact: its SHA-256 matches.')
    assert.deepEqual([currentModel(), await states()], ['gpt2', ['installed']])
  })

  it('is imported from a file, whose length tells which model it is, and is used with Use Model', async () => {
    const file = join(dirname(parts.store.folder), 'from-elsewhere')
    await writeFile(file, WEIGHTS)
    person.answers({ entries: ['Import a File…'], paths: [file], buttons: ['Use Model'] })

    await parts.manager.show()

    assert.deepEqual([person.told, currentModel()], [['gpt2 is installed.'], 'gpt2'])
    assert.deepEqual(await states(), ['installed'])
  })

  it('is told from a file of another length before anything is copied', async () => {
    const file = join(dirname(parts.store.folder), 'from-elsewhere')
    await writeFile(file, WEIGHTS.subarray(1000))
    person.answers({ entries: ['Import a File…'], paths: [file] })

    await parts.manager.show()

    assert.match(person.told.at(-1) ?? '', /from-elsewhere has 65 kB, which matches none of the known models/)
    assert.deepEqual([currentModel(), await states()], ['mini', ['absent']])
  })
})
