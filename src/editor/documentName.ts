import * as vscode from 'vscode'

/** The name of a document in the panel: its path in the workspace. */
export function documentNameOf(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri, false)
}
