import * as vscode from 'vscode'
import type { FileMove } from './uriAfterMove'

/**
 * Calls `listener` after each rename, move or deletion of a file or folder in this window: in the Explorer, by another
 * extension or by a refactoring. VS Code does not report changes that other programs make.
 */
export function onFileMoved(listener: (move: FileMove) => void): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.workspace.onDidRenameFiles(({ files }) => {
      for (const { oldUri, newUri } of files) listener({ from: oldUri.toString(), to: newUri.toString() })
    }),
    vscode.workspace.onDidDeleteFiles(({ files }) => {
      for (const uri of files) listener({ from: uri.toString(), to: undefined })
    }),
  )
}
