import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import { extension } from './support/extensionUnderTest'
import { resultsAsText } from './support/results'

describe('the sample', () => {
  beforeEach(async () => {
    await extension.activate()
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
  })

  it('opens as an untitled document in its language and is inspected', async () => {
    await vscode.commands.executeCommand('logitscope.openSample')

    const document = vscode.window.visibleTextEditors[0]?.document
    assert.deepEqual([document?.isUntitled, document?.languageId], [true, 'typescript'])
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
