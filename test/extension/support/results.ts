import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'

/** The panel's results as text. */
export async function resultsAsText(): Promise<string> {
  await vscode.commands.executeCommand('logitscope.openResultsAsText')
  const { activeTextEditor } = vscode.window
  assert.equal(activeTextEditor?.document.uri.scheme, 'logitscope-results')
  return activeTextEditor.document.getText()
}

/** The id of the shown inspection, which is a part of the address of its results as text. */
export async function shownInspectionId(): Promise<string> {
  await resultsAsText()
  const id = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/.exec(
    vscode.window.activeTextEditor?.document.uri.query ?? '',
  )
  assert.ok(id !== null)
  return id[0]
}

/** The tabs of the panel: one at most. */
export function panelTabs(): vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(
      ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.includes('logitscope.panel'),
    )
}

/** Inspects a whole file of the open folder in the panel. */
export async function inspectFile(name: string): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]
  assert.ok(folder !== undefined)
  await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, name))
  await vscode.commands.executeCommand('logitscope.inspectLogits')
}
