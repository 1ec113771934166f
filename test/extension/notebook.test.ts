import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import type { LogitscopeApi } from '../../src/app/api'
import { extension } from './support/extensionUnderTest'
import { panelIsOpen, resultsAsText } from './support/results'
import { until } from './support/until'

describe('a notebook', () => {
  beforeEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
  })

  it('has its cell named in the panel’s title, and the code cells before the cell as context', async () => {
    await openCell(['import os', 'markdown:Some notes', 'path = os.getcwd()', 'later = 1'], 2)

    await vscode.commands.executeCommand('logitscope.inspectLogits')

    await panelIsOpen(/^Logits: .*, cell 3$/)
    const before = await tokensOf('import os\n')
    assert.match(await resultsAsText(), new RegExp(`\\b${before} tokens before`))
  })

  it('has cells that are inspected alone if the context is the selection', async () => {
    const settings = vscode.workspace.getConfiguration('logitscope')
    await settings.update('context', 'selection', vscode.ConfigurationTarget.Global)
    try {
      await openCell(['import os', 'path = os.getcwd()'], 1)

      await vscode.commands.executeCommand('logitscope.inspectLogits')

      assert.doesNotMatch(await resultsAsText(), /tokens before/)
    } finally {
      await settings.update('context', undefined, vscode.ConfigurationTarget.Global)
    }
  })
})

/** Opens a notebook with these cells (Markdown if they start with `markdown:`) and puts the cursor into one of them. */
async function openCell(cells: readonly string[], index: number): Promise<void> {
  const data = cells.map((cell) => {
    const isMarkdown = cell.startsWith('markdown:')
    const kind = isMarkdown ? vscode.NotebookCellKind.Markup : vscode.NotebookCellKind.Code
    return new vscode.NotebookCellData(
      kind,
      cell.replace('markdown:', ''),
      isMarkdown ? 'markdown' : 'python',
    )
  })
  const notebook = await vscode.workspace.openNotebookDocument(
    'jupyter-notebook',
    new vscode.NotebookData(data),
  )
  await vscode.window.showNotebookDocument(notebook, {
    selections: [new vscode.NotebookRange(index, index + 1)],
  })
  await vscode.commands.executeCommand('notebook.cell.edit')
  const cell = notebook.cellAt(index).document
  const active = () => vscode.window.activeTextEditor?.document
  await until(
    () => active() === cell,
    () => `the active text is ${active()?.uri.toString() ?? 'none'}`,
  )
}

async function tokensOf(text: string): Promise<number> {
  const api = (await extension.activate()) as LogitscopeApi
  return (await api.inspect({ text })).positions.length
}
