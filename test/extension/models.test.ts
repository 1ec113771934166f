import * as assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as vscode from 'vscode'
import type { LogitscopeApi } from '../../src/api'
import { extension } from './extensionUnderTest'

const TEXT = 'const port = Number(process.env.PORT)'

describe('the model', () => {
  let parent: string
  /** The embedded model’s files under another name: as good as a checkpoint of one’s own. */
  let folder: string

  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'logitscope-models-'))
    folder = join(parent, 'my-checkpoint')
    await cp(join(extension.extensionPath, 'media', 'models', 'mini'), folder, { recursive: true })
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
    const [{ uri }] = vscode.workspace.workspaceFolders ?? []
    await vscode.window.showTextDocument(vscode.Uri.joinPath(uri, 'readConfig.ts'))
    await vscode.commands.executeCommand('logitscope.inspectLogits')
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

    while (model() !== 'mini')
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem')
    await closed

    assert.equal((await inspect()).model, 'mini')
  })

  it('cannot be chosen by a workspace, nor where it comes from', async () => {
    const { Workspace } = vscode.ConfigurationTarget
    await assert.rejects(async () => settings().update('model', folder, Workspace))
    await assert.rejects(async () => settings().update('hubEndpoint', 'https://hub.example', Workspace))
  })
})

async function inspect() {
  const api = (await extension.activate()) as LogitscopeApi
  return api.inspect({ text: TEXT })
}

function settings(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration('logitscope')
}

function model(): string | undefined {
  return settings().get<string>('model')
}

/** An id or a folder; undefined is what comes with the extension. */
async function useModel(value: string | undefined): Promise<void> {
  await settings().update('model', value, vscode.ConfigurationTarget.Global)
}

async function resultsAsText(): Promise<string> {
  await vscode.commands.executeCommand('logitscope.openResultsAsText')
  return vscode.window.activeTextEditor?.document.getText() ?? ''
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
