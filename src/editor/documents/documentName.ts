import * as vscode from 'vscode'
import { cellOf } from './notebookCells'

/** The name of a document in the panel: its path in the workspace; for a notebook's cell `notes.ipynb, cell 3`. */
export function documentNameOf(uri: vscode.Uri): string {
  const cell = cellOf(uri)
  if (cell === undefined) return vscode.workspace.asRelativePath(uri, false)
  return `${vscode.workspace.asRelativePath(cell.notebook.uri, false)}, cell ${cell.index + 1}`
}
