import * as assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as vscode from 'vscode'
import { copyEmbeddedModel, inspect, settings, useModel } from './support/currentModel'
import { FakeUser } from './support/fakeUser'
import { inspectFile, resultsAsText } from './support/results'

/** Worker threads that this process has started: those of engines. */
let startedEngines = 0
process.on('worker', () => startedEngines++)

describe('the model', () => {
  let parent: string
  /** A checkpoint of the user: the embedded model’s files in a folder with another name. */
  let folder: string

  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'logitscope-models-'))
    folder = join(parent, 'my-checkpoint')
    await copyEmbeddedModel(folder)
  })

  afterEach(async () => {
    await useModel(undefined)
  })

  after(async () => {
    await rm(parent, { recursive: true })
  })

  it('is the embedded one by default', async () => {
    assert.equal((await inspect()).model, 'mini')
  })

  it('is that of a folder as soon as it is chosen, and the embedded one again as soon as it is reset', async () => {
    const before = await inspect()

    await useModel(folder)
    const own = await inspect()
    await useModel(undefined)
    const after = await inspect()

    assert.deepEqual([own.model, after.model], ['my-checkpoint', 'mini'])
    assert.deepEqual(own.positions, before.positions)
  })

  it('is reported as missing, with the command that downloads it', async () => {
    await useModel('distilgpt2')

    await assert.rejects(inspect(), {
      name: 'ModelFilesError',
      message: 'distilgpt2 is not downloaded: run Logitscope: Select Model.',
    })
  })

  it('works again after another one could not be loaded', async () => {
    await useModel(join(parent, 'nowhere'))
    await assert.rejects(inspect(), { name: 'ModelFilesError' })

    await useModel(undefined)

    assert.equal((await inspect()).model, 'mini')
  })

  it('is used for the panel when it changes', async () => {
    await inspectFile('readConfig.ts')
    assert.match(await resultsAsText(), /\bmini\b/)
    // A hidden panel inspects again only when its results are requested.
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor')

    await useModel(folder)

    while (!(await resultsAsText()).includes('my-checkpoint')) await turn()
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
  })

  it('is the embedded one again after it is chosen in the menu’s list of models', async () => {
    await useModel(folder)
    const user = new FakeUser()
    user.answers({ entries: ['my-checkpoint', 'mini'] })

    await vscode.commands.executeCommand('logitscope.showMenu')

    user.restore()
    assert.equal((await inspect()).model, 'mini')
  })

  it('is loaded once for several documents', async () => {
    await useModel(folder)
    const before = startedEngines

    await inspectFile('readConfig.ts')
    const first = await resultsAsText()
    await inspectFile('linear.py')
    const second = await resultsAsText()

    assert.match(first, /readConfig\.ts/)
    assert.match(second, /linear\.py/)
    assert.equal(startedEngines, before + 1)
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
  })

  it('is loaded again when it is chosen again, because its files may have changed', async () => {
    await useModel(folder)
    const before = await inspect()
    const config = join(folder, 'config.json')
    const text = await readFile(config, 'utf8')
    await writeFile(config, JSON.stringify({ ...JSON.parse(text), layer_norm_epsilon: 0.1 }))
    const user = new FakeUser()
    user.answers({ entries: ['Choose a Folder…'], paths: [folder] })
    try {
      const same = await inspect()
      await vscode.commands.executeCommand('logitscope.selectModel')
      const after = await inspect()

      assert.deepEqual(same.positions, before.positions)
      assert.notDeepEqual(after.positions, before.positions)
    } finally {
      await writeFile(config, text)
      user.restore()
    }
  })

  it('cannot be set by a workspace, nor can the hub’s endpoint', async () => {
    const { Workspace } = vscode.ConfigurationTarget
    await assert.rejects(async () => settings().update('model', folder, Workspace))
    await assert.rejects(async () => settings().update('hubEndpoint', 'https://hub.example', Workspace))
  })
})

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
