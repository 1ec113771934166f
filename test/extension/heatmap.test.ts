import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import type { LogitscopeApi } from '../../src/app/api'
import { useModel } from './support/currentModel'
import { extension } from './support/extensionUnderTest'
import { FakeUser } from './support/fakeUser'
import { openText } from './support/openText'
import { referenceOf } from './support/reference'

const SURPRISING_BITS = 8
const sample = referenceOf('typescript +bos').text

describe('the heatmap', () => {
  let editor: vscode.TextEditor
  let user: FakeUser

  beforeEach(async () => {
    user = new FakeUser()
    user.answers({})
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
    const document = await openText(sample)
    editor = await vscode.window.showTextDocument(document)
  })

  afterEach(async () => {
    user.restore()
    await vscode.workspace.getConfiguration('logitscope').update('heatmapMetric', undefined, true)
    await vscode.workspace.getConfiguration('logitscope').update('startToken', undefined, true)
  })

  it('goes from one surprising token to the next, and from the last to the first', async () => {
    const expected = await surprisingPlaces(editor.document)

    const visited = await visit('next', expected.length + 1)

    assert.ok(expected.length > 1)
    assert.deepEqual(visited, [...expected, expected[0]])
  })

  it('goes from one surprising token to the previous one', async () => {
    const expected = (await surprisingPlaces(editor.document)).reverse()

    const visited = await visit('previous', expected.length + 1)

    assert.deepEqual(visited, [...expected, expected[0]])
  })

  it('uses the text as it is after an edit', async () => {
    await visit('next', 1)
    await editor.edit((edit) => edit.insert(new vscode.Position(1, 0), '  the umbrella 👋 quantum\r\n'))
    putCursor(0, 0)

    const expected = await surprisingPlaces(editor.document)
    const visited = await visit('next', expected.length)

    assert.deepEqual(visited, expected)
  })

  it('uses the chosen metric', async () => {
    await vscode.workspace.getConfiguration('logitscope').update('heatmapMetric', 'rank', true)
    const expected = await placesWhere(editor.document, ({ rank }) => (rank ?? 0) > 100)

    const visited = await visit('next', expected.length)

    assert.deepEqual(visited, expected)
  })

  it('uses the start token setting as soon as it changes', async () => {
    await visit('next', 1)
    await vscode.workspace.getConfiguration('logitscope').update('startToken', false, true)
    putCursor(0, 0)
    const expected = await surprisingPlaces(editor.document, false)

    const visited = await visit('next', expected.length)

    assert.deepEqual(visited, expected)
  })

  it('scores the rest of a long document when it is needed', async () => {
    const document = await openText(`${'the same line again\n'.repeat(400)}umbrella`)
    editor = await vscode.window.showTextDocument(document)
    putCursor(20, 0)

    const visited = await visit('next', 1)

    assert.deepEqual(visited, ['400:0'])
  })

  it('keeps the cursor if no token is surprising', async () => {
    const document = await openText('')
    editor = await vscode.window.showTextDocument(document)

    const visited = await visit('next', 1)

    assert.deepEqual(visited, ['0:0'])
  })

  it('stays on when the file is renamed', async () => {
    await vscode.commands.executeCommand('logitscope.showHeatmap')
    const renamed = vscode.Uri.joinPath(editor.document.uri, '..', 'renamed.txt')

    await apply((edit) => {
      edit.renameFile(editor.document.uri, renamed)
    })

    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(renamed))
    assert.equal(await isOn(), true)
  })

  it('is off in a file that replaces a deleted one', async () => {
    const { uri } = editor.document
    await vscode.commands.executeCommand('logitscope.showHeatmap')

    await apply((edit) => {
      edit.deleteFile(uri)
    })

    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(sample))
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri))
    assert.equal(await isOn(), false)
  })

  it('says once for all documents that the model cannot be loaded, and what to do', async () => {
    await vscode.commands.executeCommand('logitscope.showHeatmap')
    await vscode.window.showTextDocument(await openText(sample), vscode.ViewColumn.Two)
    await vscode.commands.executeCommand('logitscope.showHeatmap')

    await useModel('distilgpt2')

    while (await isOn()) await turn()
    await vscode.window.showTextDocument(editor.document, vscode.ViewColumn.One)
    while (await isOn()) await turn()
    await useModel(undefined)
    assert.deepEqual(user.messages.map(withoutName), [
      'Surprisal cannot be shown in FILE. distilgpt2 is not downloaded: run Logitscope: Select Model.',
    ])
  })

  it('says that a document is too long, and turns itself off', async () => {
    await vscode.window.showTextDocument(await openText('word '.repeat(400_001)))

    await vscode.commands.executeCommand('logitscope.showHeatmap')

    while (await isOn()) await turn()
    assert.deepEqual(user.messages.map(withoutName), [
      'Surprisal cannot be shown in FILE. The document has 2,000,005 characters, more than the 2,000,000 that can be coloured. Select a part and inspect it.',
    ])
  })

  /** Whether the status menu says that the heatmap is on in the active editor. */
  async function isOn(): Promise<boolean> {
    await vscode.commands.executeCommand('logitscope.showMenu')
    return user.listed.some(({ label }) => label === 'Hide Surprisal in Editor')
  }

  function putCursor(line: number, character: number): void {
    editor.selection = new vscode.Selection(line, character, line, character)
  }

  /** The cursor’s places after each step. */
  async function visit(direction: 'next' | 'previous', steps: number): Promise<string[]> {
    const places: string[] = []
    for (let i = 0; i < steps; i++) {
      await vscode.commands.executeCommand(`logitscope.${direction}Surprising`)
      places.push(placeOf(editor.selection.active))
    }
    return places
  }
})

async function apply(change: (edit: vscode.WorkspaceEdit) => void): Promise<void> {
  const edit = new vscode.WorkspaceEdit()
  change(edit)
  await vscode.workspace.applyEdit(edit)
}

/** Every document of these tests is a file of the same name in a folder of its own. */
function withoutName(message: string): string {
  return message.replace(/in \S*text\.txt/, 'in FILE')
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

type Position = Awaited<ReturnType<LogitscopeApi['inspect']>>['positions'][number]

function surprisingPlaces(document: vscode.TextDocument, startToken = true): Promise<string[]> {
  return placesWhere(document, ({ surprisal }) => (surprisal ?? 0) >= SURPRISING_BITS, startToken)
}

/** Places of the first visible characters of the tokens that fulfil the condition in an inspection through the API. */
async function placesWhere(
  document: vscode.TextDocument,
  condition: (position: Position) => boolean,
  startToken = true,
): Promise<string[]> {
  const api = (await extension.activate()) as LogitscopeApi
  const { positions } = await api.inspect({ uri: document.uri }, { startToken })
  const places = positions.filter(condition).map(({ start, end }) => {
    const spaces = Math.max(0, document.getText().slice(start, end).search(/\S/))
    return placeOf(document.positionAt(start + spaces))
  })
  // The tokens of a split character share one place.
  return [...new Set(places)]
}

function placeOf({ line, character }: vscode.Position): string {
  return `${line}:${character}`
}
