import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import type { LogitscopeApi } from '../../src/app/api'
import { extension } from './support/extensionUnderTest'
import { FakeUser } from './support/fakeUser'
import { resultsAsText } from './support/results'

describe('the status menu', () => {
  const user = new FakeUser()

  beforeEach(async () => {
    await extension.activate()
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
    user.answers({})
  })

  afterEach(() => {
    user.restore()
  })

  it('starts with inspecting, then has what is on, the model, and last settings and log', async () => {
    await vscode.commands.executeCommand('logitscope.showMenu')

    const labels = user.listed.map(({ label }) => label)
    const expected = [
      'Panel',
      'Inspect Logits',
      'Editor',
      'Show Surprisal in Editor',
      'Toggle Hover Predictions',
      'Toggle Automatic Completion',
      'Model',
      'mini',
      'Logitscope',
      'Settings',
      'Show Log',
    ]
    assert.deepEqual(
      labels.filter((label) => expected.includes(label)),
      expected,
    )
  })

  it('offers to install Logitscope Native where it would run', async () => {
    await vscode.commands.executeCommand('logitscope.showMenu')

    const labels = user.listed.map(({ label }) => label)
    assert.ok(labels.includes('Install Logitscope Native'), labels.join(', '))
  })

  it('has Retry Backend, which says why WASM is used', async () => {
    user.answers({ entries: ['Retry Backend'] })

    await vscode.commands.executeCommand('logitscope.showMenu')

    assert.deepEqual(user.messages, [
      'Using WASM instead of WebGPU and native. WebGPU needs the extension Logitscope GPU. Install it, or enable it in this window. Logitscope Native is not installed. Install the extension to run the model several times as fast.',
    ])
  })
})

describe('the setting logitscope.backend', () => {
  const user = new FakeUser()
  const useBackend = (backend: string | undefined) =>
    vscode.workspace
      .getConfiguration('logitscope')
      .update('backend', backend, vscode.ConfigurationTarget.Global)

  beforeEach(async () => {
    await extension.activate()
    user.answers({})
  })

  afterEach(async () => {
    user.restore()
    await useBackend(undefined)
  })

  it('native says once that Logitscope Native is not installed, and WASM is used', async () => {
    const api = (await extension.activate()) as LogitscopeApi
    await useBackend('native')

    const reports = [await api.inspect({ text: 'the' }), await api.inspect({ text: 'cat' })]

    assert.deepEqual(
      reports.map(({ backend }) => backend),
      ['wasm', 'wasm'],
    )
    assert.deepEqual(user.messages, [
      'Native inference is unavailable; using WASM. Logitscope Native is not installed. Install the extension to run the model several times as fast.',
    ])
  })
})

describe('the sample', () => {
  beforeEach(async () => {
    await extension.activate()
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
  })

  it('opens as an untitled document in its language and is inspected', async () => {
    await vscode.commands.executeCommand('logitscope.openSample')

    // An output view that an earlier test has opened is a visible text, too.
    const untitled = vscode.window.visibleTextEditors.filter(({ document }) => document.isUntitled)
    assert.deepEqual(
      untitled.map(({ document }) => document.languageId),
      ['typescript'],
    )
    assert.match(await resultsAsText(), /^ban\. Token 47 of/m)
  })

  it('is not opened twice', async () => {
    await vscode.commands.executeCommand('logitscope.openSample')
    await vscode.commands.executeCommand('logitscope.openSample')

    assert.equal(
      vscode.workspace.textDocuments.filter((document) => document.getText().includes('banana')).length,
      1,
    )
  })

  it('is completed at its end', async () => {
    await vscode.commands.executeCommand('logitscope.completeSample')

    const editor = vscode.window.activeTextEditor
    const { lineCount } = editor?.document ?? { lineCount: NaN }
    assert.equal(editor?.selection.active.line, lineCount - 1)
    assert.match(editor?.document.lineAt(lineCount - 1).text ?? '', /await$/)
  })
})
