import * as vscode from 'vscode'

/** The cell of an open notebook whose text the document is; undefined for any other document. */
export function cellOf(uri: vscode.Uri): vscode.NotebookCell | undefined {
  const key = uri.toString()
  return vscode.workspace.notebookDocuments
    .flatMap((notebook) => notebook.getCells())
    .find(({ document }) => document.uri.toString() === key)
}

/** The code cells before the document's own cell, in order, each with a newline at its end; empty outside of notebooks. */
export function codeBefore(document: vscode.TextDocument): string {
  const cell = cellOf(document.uri)
  if (cell === undefined) return ''
  return cell.notebook
    .getCells(new vscode.NotebookRange(0, cell.index))
    .filter(({ kind }) => kind === vscode.NotebookCellKind.Code)
    .map(({ document }) => `${document.getText()}\n`)
    .join('')
}
