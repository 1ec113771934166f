import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import type { LogitscopeApi } from '../../src/app/api'
import reference from '../fixtures/reference/mini.json'
import { extension } from './support/extensionUnderTest'
import { openText } from './support/openText'

const SURPRISING_BITS = 8
const sample = reference.find(({ name }) => name === 'typescript +bos')?.text ?? ''

describe('the heatmap', () => {
  let editor: vscode.TextEditor

  beforeEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
    const document = await openText(sample)
    editor = await vscode.window.showTextDocument(document)
  })

  afterEach(async () => {
    await vscode.workspace.getConfiguration('logitscope').update('heatmapMetric', undefined, true)
    await vscode.workspace.getConfiguration('logitscope').update('startToken', undefined, true)
  })

  it('goes from one surprising token to the next, and around the end', async () => {
    const expected = await surprisingPlaces(editor.document)

    const visited = await visit('next', expected.length + 1)

    assert.ok(expected.length > 1)
    assert.deepEqual(visited, [...expected, expected[0]])
  })

  it('goes the other way as well', async () => {
    const expected = (await surprisingPlaces(editor.document)).reverse()

    const visited = await visit('previous', expected.length + 1)

    assert.deepEqual(visited, [...expected, expected[0]])
  })

  it('goes by the text as it is after an edit', async () => {
    await visit('next', 1)
    await editor.edit((edit) => edit.insert(new vscode.Position(1, 0), '  the umbrella 👋 quantum\r\n'))
    putCursor(0, 0)

    const expected = await surprisingPlaces(editor.document)
    const visited = await visit('next', expected.length)

    assert.deepEqual(visited, expected)
  })

  it('goes by the chosen metric', async () => {
    await vscode.workspace.getConfiguration('logitscope').update('heatmapMetric', 'rank', true)
    const expected = await placesWhere(editor.document, ({ rank }) => (rank ?? 0) > 100)

    const visited = await visit('next', expected.length)

    assert.deepEqual(visited, expected)
  })

  it('begins as the setting says, from the moment it changes', async () => {
    await visit('next', 1)
    await vscode.workspace.getConfiguration('logitscope').update('startToken', false, true)
    putCursor(0, 0)
    const expected = await surprisingPlaces(editor.document, false)

    const visited = await visit('next', expected.length)

    assert.deepEqual(visited, expected)
  })

  it('scores a long document on the way', async () => {
    const document = await openText(`${'the same line again\n'.repeat(400)}umbrella`)
    editor = await vscode.window.showTextDocument(document)
    putCursor(20, 0)

    const visited = await visit('next', 1)

    assert.deepEqual(visited, ['400:0'])
  })

  it('leaves the cursor where nothing is surprising', async () => {
    const document = await openText('')
    editor = await vscode.window.showTextDocument(document)

    const visited = await visit('next', 1)

    assert.deepEqual(visited, ['0:0'])
  })

  function putCursor(line: number, character: number): void {
    editor.selection = new vscode.Selection(line, character, line, character)
  }

  /** Where the cursor stands after each of so many steps. */
  async function visit(direction: 'next' | 'previous', steps: number): Promise<string[]> {
    const places: string[] = []
    for (let i = 0; i < steps; i++) {
      await vscode.commands.executeCommand(`logitscope.${direction}Surprising`)
      places.push(placeOf(editor.selection.active))
    }
    return places
  }
})

type Position = Awaited<ReturnType<LogitscopeApi['inspect']>>['positions'][number]

function surprisingPlaces(document: vscode.TextDocument, startToken = true): Promise<string[]> {
  return placesWhere(document, ({ surprisal }) => (surprisal ?? 0) >= SURPRISING_BITS, startToken)
}

/** Where the first visible characters of such tokens are, by a cold inspection. */
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
  // The parts of a split character stand at one place.
  return [...new Set(places)]
}

function placeOf({ line, character }: vscode.Position): string {
  return `${line}:${character}`
}
