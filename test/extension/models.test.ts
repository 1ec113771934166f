import * as assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as vscode from 'vscode'
import { copyEmbeddedModel, currentModel, inspect, settings, useModel } from './support/currentModel'
import { Person } from './support/person'

/** Threads of engines that this process has started, from their first line on. */
let startedEngines = 0
process.on('worker', () => startedEngines++)

describe('the model', () => {
  let parent: string
  /** The embedded model’s files under another name: as good as a checkpoint of one’s own. */
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

  it('is the embedded one at first', async () => {
    assert.equal((await inspect()).model, 'mini')
  })

  it('is that of a folder from the moment that it is chosen, with its own numbers, and no other after it', async () => {
    const before = await inspect()

    await useModel(folder)
    const own = await inspect()
    await useModel(undefined)
    const after = await inspect()

    assert.deepEqual([own.model, after.model], ['my-checkpoint', 'mini'])
    assert.deepEqual(own.positions, before.positions)
  })

  it('that is not downloaded says how to get it', async () => {
    await useModel('distilgpt2')

    await assert.rejects(inspect(), {
      name: 'ModelFilesError',
      message: 'distilgpt2 is not downloaded: run Logitscope: Select Model.',
    })
  })

  it('speaks again after one that could not', async () => {
    await useModel(join(parent, 'nowhere'))
    await assert.rejects(inspect(), { name: 'ModelFilesError' })

    await useModel(undefined)

    assert.equal((await inspect()).model, 'mini')
  })

  it('is shown anew in the panel', async () => {
    await inspectInPanel('readConfig.ts')
    assert.match(await resultsAsText(), /\bmini\b/)
    // A panel that nobody sees waits until it is asked.
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor')

    await useModel(folder)

    while (!(await resultsAsText()).includes('my-checkpoint')) await turn()
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
  })

  it('is chosen with the first entry of the menu, and the embedded one stands first', async () => {
    await useModel(folder)
    const closed = vscode.commands.executeCommand('logitscope.showMenu')

    while (currentModel() !== 'mini')
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem')
    await closed

    assert.equal((await inspect()).model, 'mini')
  })

  it('is loaded once, however many documents are inspected', async () => {
    await useModel(folder)
    const before = startedEngines

    await inspectInPanel('readConfig.ts')
    const first = await resultsAsText()
    await inspectInPanel('linear.py')
    const second = await resultsAsText()

    assert.match(first, /readConfig\.ts/)
    assert.match(second, /linear\.py/)
    assert.equal(startedEngines, before + 1)
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
  })

  it('is loaded anew when it is chosen again, as its files may be others by now', async () => {
    await useModel(folder)
    const before = await inspect()
    const config = join(folder, 'config.json')
    const text = await readFile(config, 'utf8')
    await writeFile(config, JSON.stringify({ ...JSON.parse(text), layer_norm_epsilon: 0.1 }))
    const person = new Person()
    person.answers({ entries: ['Choose a Folder…'], paths: [folder] })
    try {
      const same = await inspect()
      await vscode.commands.executeCommand('logitscope.selectModel')
      const after = await inspect()

      assert.deepEqual(same.positions, before.positions)
      assert.notDeepEqual(after.positions, before.positions)
    } finally {
      await writeFile(config, text)
      person.leaves()
    }
  })

  it('cannot be chosen by a workspace, nor where it comes from', async () => {
    const { Workspace } = vscode.ConfigurationTarget
    await assert.rejects(async () => settings().update('model', folder, Workspace))
    await assert.rejects(async () => settings().update('hubEndpoint', 'https://hub.example', Workspace))
  })
})

async function inspectInPanel(name: string): Promise<void> {
  const [{ uri }] = vscode.workspace.workspaceFolders ?? []
  await vscode.window.showTextDocument(vscode.Uri.joinPath(uri, name))
  await vscode.commands.executeCommand('logitscope.inspectLogits')
}

async function resultsAsText(): Promise<string> {
  await vscode.commands.executeCommand('logitscope.openResultsAsText')
  return vscode.window.activeTextEditor?.document.getText() ?? ''
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
