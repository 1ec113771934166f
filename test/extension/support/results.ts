import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import { until } from './until'

/** The panel's results as text. */
export async function resultsAsText(): Promise<string> {
  return (await openResults()).getText()
}

/** The id of the shown inspection, which is a part of the address of its results as text. */
export async function shownInspectionId(): Promise<string> {
  const { uri } = await openResults()
  const id = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/.exec(uri.query)
  assert.ok(id !== null)
  return id[0]
}

/** It is found among the visible texts, because a panel that has just opened may take the focus from it. */
async function openResults(): Promise<vscode.TextDocument> {
  await vscode.commands.executeCommand('logitscope.openResultsAsText')
  const [shown, ...others] = vscode.window.visibleTextEditors.filter(
    ({ document }) => document.uri.scheme === 'logitscope-results',
  )
  assert.ok(shown !== undefined && others.length === 0, `${others.length + 1} texts of results are visible`)
  return shown.document
}

/**
 * Waits for the panel's tab, and for a title if one is expected. VS Code reports both some time after the extension has set
 * them, and a short run ends before that.
 */
export async function panelIsOpen(expected: RegExp = /./): Promise<void> {
  await until(() => panelTabs().length === 1 && expected.test(panelTitle()), panelTitle)
}

/** The title of the panel's tab. */
export function panelTitle(): string {
  return panelTabs()[0]?.label ?? 'no panel'
}

/** The tabs of the panel: one at most. */
export function panelTabs(): vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(
      ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.includes('logitscope.panel'),
    )
}

/**
 * Inspects a whole file of the open folder in the panel. Its text is selected: on a busy machine the panel would ask about
 * the whole document, but it never asks about a selection.
 */
export async function inspectFile(name: string): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]
  assert.ok(folder !== undefined)
  const editor = await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, name))
  const { document } = editor
  const end = document.positionAt(document.getText().length)
  editor.selection = new vscode.Selection(new vscode.Position(0, 0), end)
  await vscode.commands.executeCommand('logitscope.inspectLogits')
}
